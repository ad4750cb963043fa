# Summarizes the output of `make test` in one line: "N passed, N failed", and ", N skipped" if there are
# any. Variable `status` is its exit code: a failed run never counts zero failures, since a check before the
# tests, or an error between them, fails without a failing test. The last count is the runner's own:
# earlier ones are output of runs started by a failed test.
# Usage: awk -v status=0 -f .ci/closing-line.awk OUTPUT
{ gsub(/\033\[[0-9;]*m/, "") }
/^ *[0-9]+ pass$/ { passed = $1; failed = 0; skipped = 0 }
/^ *[0-9]+ fail$/ { failed = $1 }
/^ *[0-9]+ (skip|todo)$/ { skipped += $1 }
END {
  if (status != 0 && failed == 0) failed = 1
  printf "%d passed, %d failed", passed, failed
  if (skipped > 0) printf ", %d skipped", skipped
  printf "\n"
}

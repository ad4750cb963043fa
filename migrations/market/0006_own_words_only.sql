-- Earlier versions stored words of the exchanges here, which answers show; the next refresh says it in ours.
UPDATE `exchange_state` SET `failure` = NULL, `degraded_by` = NULL;

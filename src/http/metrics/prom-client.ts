// The index of prom-client also loads the push gateway, cluster support and default metrics: 11 MB and 37 ms of every
// start for unused code.
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";

export { Counter, Gauge, Histogram, Registry };

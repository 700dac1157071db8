# Who is in the sequential trials, and who has the event, by TrialEmulation on the public data sets.
# Run in this folder: Rscript agreement_trials.R   (TrialEmulation 0.0.3, jsonlite). As of_trial_emulation in
# peers.py: eight periods to the median of follow-up, the exposed start after a fifth of theirs; who starts and
# ends within one period is left out.
suppressMessages({library(TrialEmulation); library(jsonlite)}); options(digits = 17)
cases <- function(d) {
  if (is.null(d$time)) return(list())
  d$time <- pmax(d$time, 0.01); start <- ifelse(d$arm == 1, 0.2 * d$time, Inf)
  w <- unname(quantile(d$time, 0.5, type = 1)) / 8 * 1.0001
  keep <- !(floor(start / w) >= ceiling(d$time / w) - 1 & is.finite(start)); d <- d[keep, ]; start <- start[keep]
  last <- ceiling(d$time / w - 1e-9) - 1; i <- rep(seq_len(nrow(d)), pmax(last, 0)); p <- sequence(pmax(last, 0)) - 1
  long <- data.frame(id = i, period = p, treatment = as.numeric(start[i] < (p + 1) * w), outcome = as.numeric(d$event[i] == 1 & p == last[i] - 1), eligible = as.numeric(start[i] >= p * w))
  long <- long[order(long$id, long$period), ]
  x <- as.data.frame(data_preparation(long, estimand_type = "PP", outcome_cov = ~1, switch_n_cov = ~1, switch_d_cov = ~1, first_period = 0, last_period = 7, quiet = TRUE)$data)
  one <- aggregate(outcome ~ id + trial_period + assigned_treatment, x, max)
  on <- one$assigned_treatment == 1
  list(list(referee = "TrialEmulation", case = "sequential trials, who is in them", counts = c(sum(on), sum(one$outcome[on]), sum(!on), sum(one$outcome[!on]))))
}
files <- sort(list.files("../laws/data", "csv$", full.names = TRUE))
out <- lapply(files, function(f) tryCatch(suppressWarnings(cases(read.csv(f))), error = function(e) { message(f, ": ", conditionMessage(e)); list() })); names(out) <- sub("[.]csv$", "", basename(files))
write_json(out, "agreement_trials.json", digits = NA, auto_unbox = TRUE)

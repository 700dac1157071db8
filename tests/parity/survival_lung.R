source("survival_common.R")
d <- na.omit(lung[, c("inst", "time", "status", "age", "sex", "ph.ecog", "ph.karno", "wt.loss")])
d$event <- d$status - 1; d$status <- NULL; d$month <- ceiling(d$time / 30.4)
d$w <- 0.5 + (seq_len(nrow(d)) %% 4) / 3
names(d) <- sub(".", "_", names(d), fixed = TRUE)
x <- c("age", "sex", "ph_ecog", "ph_karno", "wt_loss"); t <- c(30, 100, 365, 700, 1000)
write_cases("lung", d, "R survival: lung", list(
  km_case(d, "time", "event", "sex", times = t, horizon = 500),
  km_case(d, "month", "event", times = c(1, 6, 12, 24), horizon = 12),
  km_case(d, "time", "event", "sex", weights = "w", times = t, horizon = 500),
  logrank_case(d, "time", "event", "sex"), logrank_case(d, "time", "event", "ph_ecog"),
  logrank_case(d, "month", "event", "sex", rho = 1),
  logrank_case(d, "time", "event", "sex", strata = "ph_ecog"),
  cox_case(d, "time", "event", x), cox_case(d, "month", "event", x),
  cox_case(d, "month", "event", x, ties = "breslow"),
  cox_case(d, "month", "event", x, ties = "exact"),
  cox_case(d, "time", "event", x[-2], strata = "sex"),
  cox_case(d, "time", "event", x[-2], weights = "w"),
  cox_case(d, "month", "event", x, cluster = "inst", ties = "efron"),
  cox_case(d, "month", "event", x, weights = "w", cluster = "inst", ties = "breslow"),
  cox_case(d, "month", "event", x[-3], weights = "w", strata = "ph_ecog", ties = "efron")))

source("survival_common.R")
d <- boot::melanoma; d$status <- c(1, 0, 2)[d$status]; d$event <- 1 * (d$status == 1)
d$thick <- log(d$thickness); d <- d[, c("time", "status", "event", "sex", "age", "year", "ulcer", "thick")]
d$decade <- floor(d$year / 3); x <- c("sex", "age", "ulcer", "thick"); t <- c(500, 1500, 2500)
write_cases("melanoma", d, "R boot: melanoma (1 melanoma, 2 other death)", list(
  cuminc_case(d, "time", "status", "ulcer", times = t),
  cuminc_case(d, "time", "status", "sex", strata = "ulcer", times = t),
  cuminc_case(d, "time", "status", "ulcer", rho = 1, times = t),
  crr_case(d, "time", "status", x), crr_case(d, "time", "status", x[1:2], cause = 2),
  finegray_case(d, "time", "status", x), finegray_case(d, "time", "status", x, ties = "efron"),
  cox_case(d, "time", "event", x), logrank_case(d, "time", "event", "ulcer", strata = "sex")))

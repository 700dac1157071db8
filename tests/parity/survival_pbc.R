source("survival_common.R")
d <- na.omit(pbc[1:312, c("time", "status", "trt", "age", "edema", "bili", "albumin", "protime", "stage")])
d$status <- ifelse(d$status == 2, 1, ifelse(d$status == 1, 2, 0)); d$year <- ceiling(d$time / 365.25)
d$death <- 1 * (d$status == 1); d$log_bili <- log(d$bili); d$bili <- NULL
x <- c("trt", "age", "edema", "log_bili", "albumin", "protime"); t <- c(200, 1000, 2000, 3000)
write_cases("pbc", d, "R survival: pbc (1 death, 2 transplant)", list(
  cuminc_case(d, "time", "status", times = t), cuminc_case(d, "time", "status", "trt", times = t),
  cuminc_case(d, "year", "status", "stage", times = c(1, 3, 6)),
  cuminc_case(d, "time", "status", "trt", strata = "stage", rho = 1, times = t),
  crr_case(d, "time", "status", x), crr_case(d, "time", "status", x[1:3], cause = 2),
  crr_case(d, "year", "status", x), finegray_case(d, "time", "status", x),
  finegray_case(d, "year", "status", x, ties = "efron"),
  logrank_case(d, "time", "death", "stage"), cox_case(d, "time", "death", x),
  cox_case(d, "year", "death", x, strata = "stage")))

source("survival_common.R")
d <- veteran; d$cell <- as.integer(d$celltype); d$squamous <- 1 * (d$cell == 1)
d$small <- 1 * (d$cell == 2); d$adeno <- 1 * (d$cell == 3); d$celltype <- NULL
d$week <- ceiling(d$time / 7)
x <- c("trt", "karno", "diagtime", "age", "squamous", "small", "adeno"); t <- c(7, 50, 100, 250)
write_cases("veteran", d, "R survival: veteran", list(
  km_case(d, "time", "status", "cell", times = t, horizon = 200),
  logrank_case(d, "time", "status", "trt"), logrank_case(d, "time", "status", "cell"),
  logrank_case(d, "time", "status", "cell", rho = 1),
  logrank_case(d, "week", "status", "trt", strata = "cell", rho = .5),
  cox_case(d, "time", "status", x), cox_case(d, "week", "status", x),
  cox_case(d, "week", "status", x, ties = "exact"),
  cox_case(d, "time", "status", x[1:4], strata = "cell", ties = "breslow"),
  cox_case(d, "week", "status", x[1:4], strata = "cell", ties = "exact")))

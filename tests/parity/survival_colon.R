# Adjuvant chemotherapy for colon cancer: many deaths, two treatments against observation.
source("survival_common.R")
d <- colon[colon$etype == 2, c("time", "status", "rx", "sex", "age", "obstruct", "nodes", "extent")]
d <- na.omit(d); d$lev <- 1 * (d$rx == "Lev"); d$fu <- 1 * (d$rx == "Lev+5FU"); d$arm <- as.integer(d$rx)
d$rx <- NULL; d$year <- ceiling(d$time / 365.25)
x <- c("lev", "fu", "sex", "age", "obstruct", "nodes"); t <- c(100, 500, 1000, 2000, 3000)
write_cases("colon", d, "R survival: colon (deaths)", list(
  km_case(d, "time", "status", "arm", times = t, horizon = 2000),
  logrank_case(d, "time", "status", "arm"), logrank_case(d, "year", "status", "arm", rho = 1),
  logrank_case(d, "time", "status", "arm", strata = "extent"),
  cox_case(d, "time", "status", x), cox_case(d, "year", "status", x),
  cox_case(d, "year", "status", x, ties = "breslow", strata = "extent")))

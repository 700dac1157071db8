source("survival_common.R")
d <- ovarian; d$month <- ceiling(d$futime / 91)
write_cases("ovarian", d, "R survival: ovarian", list(
  km_case(d, "futime", "fustat", "rx", times = c(100, 300, 500, 800), horizon = 600),
  logrank_case(d, "futime", "fustat", "rx"),
  cox_case(d, "futime", "fustat", c("age", "rx", "resid.ds")),
  cox_case(d, "month", "fustat", c("age", "rx"), ties = "exact"),
  cox_case(d, "month", "fustat", c("age", "rx"), ties = "breslow")))

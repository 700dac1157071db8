source("survival_common.R")
d <- kidney[, c("id", "time", "status", "age", "sex", "frail")]
write_cases("kidney", d, "R survival: kidney", list(
  cox_case(d, "time", "status", c("age", "sex"), cluster = "id"),
  cox_case(d, "time", "status", c("age", "sex"), ties = "exact"),
  km_case(d, "time", "status", "sex", times = c(10, 50, 150), horizon = 200),
  logrank_case(d, "time", "status", "sex")))

# Two eyes per patient: pairs as strata and as clusters.
source("survival_common.R")
d <- retinopathy[, c("id", "age", "trt", "futime", "status", "risk")]; d$month <- ceiling(d$futime)
write_cases("retinopathy", d, "R survival: retinopathy", list(
  logrank_case(d, "futime", "status", "trt", strata = "id"),
  cox_case(d, "futime", "status", c("trt", "age", "risk"), cluster = "id"),
  cox_case(d, "month", "status", "trt", strata = "id"),
  cox_case(d, "month", "status", "trt", strata = "id", ties = "exact")))

# Liver transplant waiting list: transplant, death and withdrawal compete.
source("survival_common.R")
d <- na.omit(transplant[, c("age", "sex", "abo", "futime", "event")])
d <- d[d$futime > 0, ]; d$status <- as.integer(d$event) - 1; d$event <- NULL
d$male <- 1 * (d$sex == "m"); d$sex <- NULL; d$o <- 1 * (d$abo == "O"); d$abo <- NULL
d$month <- ceiling(d$futime / 30.4); t <- c(30, 100, 365, 1000)
write_cases("transplant", d, "R survival: transplant (status as event, censored first)", list(
  cuminc_case(d, "futime", "status", times = t), cuminc_case(d, "futime", "status", "o", times = t),
  cuminc_case(d, "month", "status", "male", strata = "o", times = c(1, 3, 12, 30)),
  crr_case(d, "futime", "status", c("age", "male", "o"), cause = 2),
  crr_case(d, "month", "status", c("age", "male", "o"), cause = 1),
  finegray_case(d, "futime", "status", c("age", "male", "o"), cause = 2)))

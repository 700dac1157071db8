# Months since diagnosis; and age as the clock, where patients enter late (times made distinct).
source("survival_common.R")
d <- na.omit(mgus2[, c("age", "sex", "hgb", "creat", "mspike", "ptime", "pstat", "futime", "death")])
d$male <- 1 * (d$sex == "M"); d$sex <- NULL
d$etime <- ifelse(d$pstat == 0, d$futime, d$ptime); d$status <- ifelse(d$pstat == 1, 1, 2 * d$death)
d$pstat <- NULL; d$ptime <- NULL; d <- d[d$etime > 0, ][1:500, ]
d$entry <- d$age + seq_len(nrow(d)) * 1e-5; d$exit <- d$entry + d$etime / 12
d$any <- 1 * (d$status > 0); late <- d$entry > 55
x <- c("male", "hgb", "creat", "mspike"); t <- c(12, 60, 120, 240)
d <- d[late, ]
write_cases("mgus2", d, "R survival: mgus2 (1 plasma cell malignancy, 2 death)", list(
  cuminc_case(d, "etime", "status", times = t), cuminc_case(d, "etime", "status", "male", times = t),
  crr_case(d, "etime", "status", x), crr_case(d, "etime", "status", x, cause = 2),
  cox_case(d, "exit", "any", x, entry = "entry"),
  cox_case(d, "exit", "any", x[-1], entry = "entry", strata = "male", ties = "breslow"),
  km_case(d, "exit", "any", "male", entry = "entry", times = c(70, 80, 90), horizon = 90),
  finegray_case(d, "exit", "status", x, entry = "entry"),
  finegray_case(d, "exit", "status", x, entry = "entry", cause = 2)))

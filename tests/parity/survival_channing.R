# Residents enter at different ages: left truncation.
source("survival_common.R")
d <- boot::channing; d <- d[d$exit > d$entry & d$entry > 780, ]; d$male <- 1 * (d$sex == "Male")
d$sex <- NULL
write_cases("channing", d, "R boot: channing", list(
  km_case(d, "exit", "cens", "male", entry = "entry", times = c(850, 950, 1050), horizon = 1000),
  cox_case(d, "exit", "cens", "male", entry = "entry"),
  cox_case(d, "exit", "cens", "male", entry = "entry", ties = "breslow"),
  cox_case(d, "exit", "cens", "male", entry = "entry", ties = "exact")))

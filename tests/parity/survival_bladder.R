# Recurrent events: several rows per patient, counting process, robust by patient.
source("survival_common.R")
d <- bladder2[, c("id", "rx", "number", "size", "start", "stop", "event", "enum")]
x <- c("rx", "number", "size")
write_cases("bladder", d, "R survival: bladder2", list(
  cox_case(d, "stop", "event", x, entry = "start", cluster = "id"),
  cox_case(d, "stop", "event", x, entry = "start", cluster = "id", strata = "enum"),
  cox_case(d, "stop", "event", x, entry = "start", cluster = "id", ties = "breslow"),
  km_case(d, "stop", "event", "rx", entry = "start", times = c(5, 20, 40), horizon = 40)))

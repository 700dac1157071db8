# Stanford heart transplants: transplant as if known from the start, and as it happened in time.
source("survival_common.R")
h <- heart; h$surgery <- as.numeric(as.character(h$surgery)); h$tx <- as.numeric(h$transplant == 1)
last <- !duplicated(h$id, fromLast = TRUE); one <- h[last, c("id", "stop", "event", "age", "year", "surgery")]
st <- h$start[h$tx == 1]; names(st) <- h$id[h$tx == 1]
h <- h[, c("id", "start", "stop", "event", "age", "year", "surgery", "tx")]
b <- c("age", "year", "surgery")
out <- list(cox_case(h, "stop", "event", "tx", entry = "start"),
  cox_case(h, "stop", "event", c("tx", b), entry = "start"),
  cox_case(h, "stop", "event", c("tx", b), entry = "start", ties = "breslow"),
  cox_case(h, "stop", "event", c("tx", "age"), entry = "start", ties = "exact"),
  cox_case(h, "stop", "event", c("tx", b), entry = "start", cluster = "id"),
  km_case(h, "stop", "event", "tx", entry = "start", times = c(30, 100, 365), horizon = 365))
n <- coxph(Surv(futime, fustat) ~ transplant, jasa, control = tight)
write_cases("heart", h, "R survival: heart (jasa for the naive model)", c(out, list(list(
  kind = "timezero", patient = list(time = one$stop, event = one$event,
    start = unname(st[as.character(one$id)])),
  jasa = list(time = jasa$futime, event = jasa$fustat, transplant = jasa$transplant),
  expected = list(naive_coef = unname(coef(n)), naive_se = sqrt(vcov(n)[1, 1]))))))

# Clustered variance for few clusters (CR2, Satterthwaite) by the clubSandwich package, on the data
# sets CO2 and infert of base R. A logistic model is given as the least squares of its last step, on
# rows brought to equal variance.
# Run: Rscript tests/parity/regression_few_clusters.R   (writes the .json beside this file)
suppressMessages({library(clubSandwich); library(jsonlite)})
args <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", args[grep("^--file=", args)]))

told <- function(fit, cluster, rows) {
  vc <- vcovCR(fit, cluster = cluster, type = "CR2")
  ct <- coef_test(fit, vcov = vc, test = "Satterthwaite")
  ci <- conf_int(fit, vcov = vc, test = "Satterthwaite", level = 0.95)
  list(coef = ct$beta[rows], se = ct$SE[rows], df = ct$df_Satt[rows], p = ct$p_Satt[rows],
       lo = ci$CI_L[rows], hi = ci$CI_U[rows])
}
plants <- data.frame(uptake = CO2$uptake, conc = CO2$conc, south = as.numeric(CO2$Type != "Quebec"),
                     chilled = as.numeric(CO2$Treatment == "chilled"), plant = as.numeric(CO2$Plant))
plants <- plants[-c(3, 11, 12, 40, 80), ]
line <- lm(uptake ~ conc + south + chilled, plants)
alone <- lm(uptake ~ conc + I(plant == 4), plants)

women <- data.frame(case = infert$case, spontaneous = infert$spontaneous, induced = infert$induced,
                    age = infert$age, group = as.numeric(interaction(infert$education, infert$parity)))
fit <- glm(case ~ spontaneous + induced + age, binomial, women, epsilon = 1e-14)
p <- fitted(fit); root <- sqrt(p * (1 - p))
z <- root * (predict(fit) + (women$case - p) / (p * (1 - p)))
X <- model.matrix(fit) * root
step <- lm(z ~ X - 1)
out <- list(
  versions = list(R = R.version.string, clubSandwich = as.character(packageVersion("clubSandwich"))),
  plants = as.list(plants), women = as.list(women),
  line = told(line, plants$plant, 2:4), alone = told(alone, plants$plant, 2:3),
  logistic = told(step, women$group, 1:4)
)
write(toJSON(out, digits = NA, auto_unbox = TRUE),
      file.path(here, "regression_few_clusters.json"))

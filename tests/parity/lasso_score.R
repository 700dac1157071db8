# L1-penalised logistic regression at given penalties, on births of MASS (189 rows), by glmnet.
# Run: Rscript tests/parity/lasso_score.R  (writes lasso_score.json beside this file)
suppressMessages({library(glmnet); library(MASS); library(jsonlite)})
args <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", args[grep("^--file=", args)]))
b <- birthwt
x <- cbind(age = as.numeric(scale(b$age)), lwt = as.numeric(scale(b$lwt)),
           black = as.numeric(b$race == 2), other = as.numeric(b$race == 3),
           ptl = as.numeric(b$ptl > 0), ht = b$ht, ui = b$ui, visits = as.numeric(b$ftv > 0),
           low = b$low)
penalties <- c(0.1, 0.03, 0.01, 0.001)
fit <- glmnet(x, b$smoke, family = "binomial", lambda = penalties, standardize = FALSE,
              thresh = 1e-16, maxit = 1e7)
out <- list(source = "MASS::birthwt; glmnet", smoke = b$smoke, names = colnames(x), x = x,
            penalties = penalties, coef = t(as.matrix(fit$beta)), intercept = as.numeric(fit$a0),
            chance = t(predict(fit, x, type = "response")))
write(toJSON(out, digits = I(12), auto_unbox = TRUE), file.path(here, "lasso_score.json"))

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf

df = pd.read_csv("wages.csv")
df["log_wage"] = np.log(df["wage"])
df = df[df.hours > 0].reset_index(drop=True)

rng = np.random.default_rng(3)
mask = rng.random(len(df)) < 0.8
train, test = df[mask], df[~mask]

ols = smf.ols("log_wage ~ educ + exper + I(exper**2) + C(sector)", data=train).fit(cov_type="HC1")
print(ols.summary())
print("R2", ols.rsquared, "adj", ols.rsquared_adj, "AIC", ols.aic)

pred = ols.predict(test)
resid = test["log_wage"] - pred
rmse = np.sqrt((resid**2).mean())
mape = (np.abs(test["wage"] - np.exp(pred)) / test["wage"]).mean() * 100
print(f"out-of-sample RMSE {rmse:.4f}, MAPE {mape:.2f} %")

logit = smf.logit("union ~ educ + exper + C(sector)", data=train).fit(disp=0, maxiter=200)
prob = logit.predict(test)
hit_rate = ((prob > 0.5).astype(int) == test["union"]).mean()
print("pseudo R2", logit.prsquared, "hit rate", hit_rate)
print(logit.pred_table())

pois = smf.glm("kids ~ educ + exper", data=train, family=sm.families.Poisson()).fit()
print(pois.deviance, pois.params)

sub = ols.params.rename("coef").to_frame()
sub["p"] = ols.pvalues
sub.to_csv("coefs.csv")

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from sklearn.metrics import brier_score_loss, roc_auc_score
from statsmodels.stats.outliers_influence import variance_inflation_factor

rng = np.random.default_rng(12)
n = 400
df = pd.DataFrame(
    {
        "age": rng.normal(55, 9, n),
        "chol": rng.normal(220, 35, n),
        "smoker": rng.integers(0, 2, n),
    }
)
logit_p = -9 + 0.09 * df.age + 0.012 * df.chol + 0.8 * df.smoker
df["disease"] = (rng.random(n) < 1 / (1 + np.exp(-logit_p))).astype(int)

print(df.groupby("disease").age.describe())
t, p = stats.ttest_ind(df.age[df.disease == 1], df.age[df.disease == 0])
chi2, p_chi, dof, _ = stats.chi2_contingency(pd.crosstab(df.smoker, df.disease))
print(f"age t={t:.2f} p={p:.4f}; smoking chi2={chi2:.2f} p={p_chi:.4f}")
print("corr(age, chol) =", df.age.corr(df.chol))

exog = sm.add_constant(df[["age", "chol", "smoker"]])
vif = pd.Series(
    [variance_inflation_factor(exog.values, i) for i in range(1, exog.shape[1])], index=exog.columns[1:]
)
print(vif)

train = df.sample(frac=0.7, random_state=1)
test = df.drop(train.index)
full = smf.logit("disease ~ age + chol + smoker", data=train).fit(disp=0)
small = smf.logit("disease ~ age", data=train).fit(disp=0)
print(full.summary())
lr_stat = 2 * (full.llf - small.llf)
lr_p = stats.chi2.sf(lr_stat, 2)
print("LR test", lr_stat, lr_p, "pseudo R2", full.prsquared)
odds = np.exp(full.params)
print(odds)

prob = full.predict(test)
print("AUC", roc_auc_score(test.disease, prob))
print("Brier", brier_score_loss(test.disease, prob))
predicted = (prob > 0.5).astype(int)
sensitivity = ((predicted == 1) & (test.disease == 1)).sum() / (test.disease == 1).sum()
specificity = ((predicted == 0) & (test.disease == 0)).sum() / (test.disease == 0).sum()
print(f"sensitivity {sensitivity:.2f}, specificity {specificity:.2f}, Youden {sensitivity + specificity - 1:.2f}")

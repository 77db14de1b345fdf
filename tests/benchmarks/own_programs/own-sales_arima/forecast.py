"""Monthly sales: which of three methods forecasts best?"""
import warnings

import numpy as np
import pandas as pd
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from statsmodels.tsa.stattools import adfuller

warnings.filterwarnings("ignore")


def mape(actual, predicted):
    actual, predicted = np.array(actual), np.array(predicted)
    return np.mean(np.abs((actual - predicted) / actual)) * 100


def smape(a, f):
    return 100 / len(a) * np.sum(2 * np.abs(f - a) / (np.abs(a) + np.abs(f)))


np.random.seed(1)
t = np.arange(96)
sales = 200 + 2 * t + 30 * np.sin(2 * np.pi * t / 12) + np.random.normal(0, 8, 96)
series = pd.Series(sales, index=pd.date_range("2016-01-01", periods=96, freq="MS"))

adf_stat, p_value = adfuller(series)[:2]
print("ADF p-value:", round(p_value, 3))

train, test = series[:-12], series[-12:]

seasonal_naive = train[-12:].values
arima = ARIMA(train, order=(1, 1, 1), seasonal_order=(1, 0, 0, 12)).fit()
arima_fc = arima.forecast(12)
hw = ExponentialSmoothing(train, trend="add", seasonal="add", seasonal_periods=12).fit()
hw_fc = hw.forecast(12)

print("AIC:", arima.aic, "BIC:", arima.bic)
scores = {}
for name, fc in [("naive", seasonal_naive), ("arima", arima_fc), ("hw", hw_fc)]:
    scores[name] = (mape(test, fc), smape(test.values, np.asarray(fc)))
best = min(scores, key=lambda k: scores[k][0])
for name, (m, s) in scores.items():
    print(f"{name:10s} MAPE={m:.2f}% sMAPE={s:.2f}%")
rmse = np.sqrt(((test.values - hw_fc.values) ** 2).mean())
naive_mae = np.abs(train.values[12:] - train.values[:-12]).mean()
mase = np.abs(test.values - hw_fc.values).mean() / naive_mae
print(best, "rmse", rmse, "mase", mase)
pd.DataFrame({"actual": test, "arima": arima_fc, "hw": hw_fc}).to_csv("forecast.csv")

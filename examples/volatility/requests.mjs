/** The second is of the same kind as the first: the tool that the first one makes answers it. */
export const REQUESTS = [
  "What was the annualised volatility of AAPL's daily log returns over the last 37 trading days, and over the 37 before those? Plot the rolling 37-day volatility.",
  "What was the annualised volatility of AAPL's daily log returns over the last 60 trading days?",
]

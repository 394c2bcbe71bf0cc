//! Money in whole minor units. There are no floats and no silent overflow.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Currency([u8; 3]);

/// A text that is not a currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a currency: expected an ISO 4217 code of three capital letters, for instance CNY")]
pub struct ParseCurrencyError;

impl Currency {
    /// Renminbi.
    pub const CNY: Self = Self(*b"CNY");

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point of the major unit (ISO 4217 exponents of the currencies that differ from 2).
    pub fn exponent(&self) -> u32 {
        match self.code() {
            "JPY" | "KRW" | "VND" | "CLP" | "ISK" => 0,
            "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = ParseCurrencyError;
    fn from_str(s: &str) -> Result<Self, ParseCurrencyError> {
        match <[u8; 3]>::try_from(s.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(ParseCurrencyError),
        }
    }
}

/// An amount: `minor` counts the currency's smallest unit (fen for CNY). Negative amounts are debts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units.
    pub minor: i64,
    /// The currency they are of.
    pub currency: Currency,
}

/// Why two amounts could not be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// They are of different currencies.
    #[error("amounts of different currencies")]
    Mixed,
    /// The result does not fit.
    #[error("amount too large")]
    Overflow,
}

impl Money {
    /// An amount of minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// Currencies differ, or the sum does not fit 64 bits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Splits the amount by weights so that the parts add up to the whole exactly: each part gets its share rounded
    /// toward zero, and what is left goes, one minor unit each, to the largest remainders (ties to the earlier part).
    /// With no positive weight the answer is all zeros and the caller still holds the amount.
    pub fn split(self, weights: &[u32]) -> Vec<Self> {
        let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
        let part = |minor: i128| Self { minor: minor as i64, ..self };
        if total == 0 {
            return weights.iter().map(|_| part(0)).collect();
        }
        let whole = i128::from(self.minor);
        let mut parts: Vec<(i128, i128)> =
            weights.iter().map(|w| (whole * i128::from(*w) / total, (whole * i128::from(*w) % total).abs())).collect();
        let mut left = whole - parts.iter().map(|p| p.0).sum::<i128>();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(parts[*i].1));
        for i in order {
            if left == 0 {
                break;
            }
            parts[i].0 += left.signum();
            left -= left.signum();
        }
        parts.into_iter().map(|p| part(p.0)).collect()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10u64.pow(self.currency.exponent());
        let (sign, abs) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        let width = self.currency.exponent() as usize;
        if width == 0 {
            write!(f, "{} {sign}{abs}", self.currency.code())
        } else {
            write!(f, "{} {sign}{}.{:0width$}", self.currency.code(), abs / unit, abs % unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_minor_units_in_their_place() {
        assert_eq!(Money::new(-1205, Currency::CNY).to_string(), "CNY -12.05");
        assert_eq!(Money::new(1205, "JPY".parse().expect("a code")).to_string(), "JPY 1205");
    }

    proptest! {
        #[test]
        fn parts_add_up_and_stay_within_one_unit_of_their_share(minor in any::<i64>(), weights in prop::collection::vec(0u32..1000, 1..20)) {
            let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            prop_assume!(total > 0);
            let parts = Money::new(minor, Currency::CNY).split(&weights);
            prop_assert_eq!(parts.iter().map(|p| i128::from(p.minor)).sum::<i128>(), i128::from(minor));
            for (part, weight) in parts.iter().zip(&weights) {
                let share = i128::from(minor) * i128::from(*weight);
                prop_assert!((i128::from(part.minor) * total - share).abs() <= total);
            }
        }
    }
}

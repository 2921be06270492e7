//! Compact terms: the numbers of the chunks `Code` and `Line`, each with a tag of three bits.
//!
//! Below 16 a number is in the first byte, below 2048 three of its bits are; else the first byte says how many bytes follow,
//! a signed number with its highest byte first.

/// A number and its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compact {
    /// What the number is; below 8.
    pub(super) tag: u8,
    pub(super) value: u64,
}

/// A number as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number<'a> {
    /// Below 2048.
    Small(u64),
    /// Signed, highest byte first.
    Long(&'a [u8]),
}

/// Reads a tag and a number, with what is behind them; `None` where the bytes end too early.
pub(super) fn read(bytes: &[u8]) -> Option<(u8, Number<'_>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let tag = first & 0b111;
    match (first & 0b1000, first & 0b1_0000) {
        (0, _) => Some((tag, Number::Small((first >> 4).into()), rest)),
        (_, 0) => {
            let (&second, rest) = rest.split_first()?;
            Some((tag, Number::Small(u64::from(first >> 5) << 8 | u64::from(second)), rest))
        }
        _ => {
            let (size, rest) = size(first, rest)?;
            let (number, rest) = rest.split_at_checked(size)?;
            Some((tag, Number::Long(number), rest))
        }
    }
}

/// A first byte from here on says that a number of its own says how many bytes follow.
const VERY_LONG: u8 = 0b1111_1000;

/// How many bytes a long number has. Very long ones say so in a number of its own, which is never very long itself.
fn size(first: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    match first >> 5 {
        7 if *rest.first()? >= VERY_LONG => None,
        7 => {
            let (more, rest) = Compact::read(rest).filter(|(size, _)| size.tag == 0)?;
            Some((usize::try_from(more.value).ok()?.checked_add(9)?, rest))
        }
        size => Some((usize::from(size) + 2, rest)),
    }
}

impl Compact {
    /// Reads one from the beginning of `bytes`, with what is behind it; `None` for a negative number, one of more than 64
    /// bits, and where the bytes end too early.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (tag, number, rest) = read(bytes)?;
        let value = match number {
            Number::Small(value) => value,
            Number::Long(number) => unsigned(number)?,
        };
        Some((Self { tag, value }, rest))
    }

    /// Writes it as the compiler does, in as few bytes as possible.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let Self { tag, value } = self;
        match value {
            0..16 => out.push((value as u8) << 4 | tag),
            16..2048 => out.extend([((value >> 3) as u8 & 0b1110_0000) | 0b1000 | tag, value as u8]),
            _ => {
                let bytes = value.to_be_bytes();
                let digits = &bytes[value.leading_zeros() as usize / 8..];
                // The highest bit is the sign.
                let sign: &[u8] = if digits[0] & 0x80 == 0 { &[] } else { &[0] };
                match digits.len() + sign.len() {
                    9 => out.extend([VERY_LONG | tag, 0]),
                    size => out.push(((size - 2) as u8) << 5 | 0b1_1000 | tag),
                }
                out.extend([sign, digits].concat());
            }
        }
    }
}

/// The value of a number that is neither negative nor longer than 64 bits.
fn unsigned(number: &[u8]) -> Option<u64> {
    let is_positive = number.first()? & 0x80 == 0;
    let digits: &[u8] = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    let value = digits.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    (is_positive && digits.len() <= 8).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(tag: u8, value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        Compact { tag, value }.write(&mut out);
        out
    }

    /// The expected bytes are those of OTP 25's `beam_asm:encode/2`.
    #[test]
    fn numbers_are_written_as_the_compiler_writes_them() {
        let expected: [(u64, &[u8]); 9] = [
            (0, &[1]),
            (15, &[0xf1]),
            (16, &[9, 16]),
            (2047, &[0xe9, 0xff]),
            (2048, &[0x19, 8, 0]),
            (32767, &[0x19, 0x7f, 0xff]),
            (32768, &[0x39, 0, 0x80, 0]),
            (1 << 32, &[0x79, 1, 0, 0, 0, 0]),
            (u64::MAX, &[0xf9, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
        ];
        for (value, bytes) in expected {
            assert_eq!(written(1, value), bytes, "{value}");
        }
    }

    #[test]
    fn negative_and_very_large_numbers_are_none() {
        assert_eq!(Compact::read(&[0x19, 0xff, 0xff]), None);
        assert_eq!(Compact::read(&[0xf9, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(Compact::read(&[0xf9, 1, 0]), None, "its size is tagged as something else");
        assert_eq!(Compact::read(&[0xf8; 1 << 20]), None, "its size has a size that has a size");
        let large = [&[0xf9, 0x18, 8, 0][..], &[1; 2057]].concat();
        assert!(matches!(read(&large), Some((1, Number::Long(number), [])) if number.len() == 2057));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(tag in 0u8..8, value: u64, bits in 0u32..64, behind: Vec<u8>) {
            let value = value >> bits;
            let bytes = [written(tag, value), behind.clone()].concat();
            prop_assert_eq!(Compact::read(&bytes), Some((Compact { tag, value }, &behind[..])));
        }

        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>) {
            let mut rest = &bytes[..];
            while let Some((_, behind)) = Compact::read(rest) {
                prop_assert!(behind.len() < rest.len());
                rest = behind;
            }
        }
    }
}

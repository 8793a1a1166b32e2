//! Values that must never be seen.

use core::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A value that is wiped on drop and never printed.
///
/// There is no `Display`, no `Serialize` and no `PartialEq`; [`Secret::expose`] is the only way in,
/// so a search for `expose` is the audit.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes a value into hiding.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Returns the value itself, for signing or deriving a key and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new(String::from("canary-7f3a"));
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)).matches("canary").count(), 0);
        assert_eq!(secret.expose(), "canary-7f3a");
    }
}

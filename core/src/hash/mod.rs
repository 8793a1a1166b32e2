//! SHA-256, SHA-1 and MD5, and HMAC over each, behind one type.
//!
//! They are the libraries', with what the processor has for them; at the edge, where each kilobyte counts, loops that
//! tests hold to the libraries stand in.

#[cfg(feature = "std")]
mod library;
#[cfg(any(test, not(feature = "std")))]
mod small;

#[cfg(all(feature = "std", feature = "gateway"))]
pub(crate) use library::MD5;
#[cfg(feature = "std")]
pub(crate) use library::{SHA1, SHA256};
#[cfg(all(not(feature = "std"), feature = "gateway"))]
pub(crate) use small::MD5;
#[cfg(not(feature = "std"))]
pub(crate) use small::{SHA1, SHA256};

/// Room for the longest digest; a shorter one is its head.
pub(crate) type Digest = [u8; 32];

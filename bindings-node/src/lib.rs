//! The node face of sansms.

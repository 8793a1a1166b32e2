//! The python face of sansms.

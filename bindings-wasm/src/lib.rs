//! The wasm face of sansms.

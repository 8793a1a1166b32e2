//! Links the add-on against whichever Node loads it.
fn main() {
    napi_build::setup();
}

//! The contract of every provider, against a double that checks signatures and speaks the binary event stream.

#[path = "../../../model-http/tests/it/contract.rs"]
mod contract;
mod converse;
#[path = "../../../model-http/tests/it/double.rs"]
mod double;
mod signature;

//! The contract of every provider, against a double that checks signatures and speaks the binary event stream.
//!
//! No part here is another's: moto, the mock of the whole cloud, has of this service only InvokeModel with an empty answer
//! (seen in 5.2.5), and no ConverseStream.

#[path = "../../../model-http/tests/it/contract.rs"]
mod contract;
mod converse;
#[path = "../../../model-http/tests/it/double.rs"]
mod double;
mod signature;

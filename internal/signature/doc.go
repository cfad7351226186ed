// Package signature makes and checks SSH signatures of texts, in the form that
// 'ssh-keygen -Y sign' makes and 'ssh-keygen -Y verify' checks (PROTOCOL.sshsig
// of OpenSSH). It reads no files and asks no agent: a key is a line, a signer is
// given, and a signature is a text.
//
// A signature never says whose it is. The caller takes the public key from
// where it was registered, and the signature must be by that key.
package signature

// Package account owns who may call, and with what money: it makes API keys,
// recognises them and ends them, and gives accounts credit. Only the hash of a key's text is stored; the text is shown once, to the
// one who made it.
//
// It must not know HTTP or where a face carries its key: it is given the text.
package account

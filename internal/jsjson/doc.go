// Package jsjson reads JSON strictly and writes it as JavaScript would.
//
// Receivers verify a webhook by parsing its body and stringifying it again, so
// the bytes that are signed must be what JSON.stringify(JSON.parse(body))
// yields. [Normalize] produces that form, [AppendString] and [AppendNumber]
// build it, and [Object] takes an object apart without decoding its values.
//
// The input is RFC 8259 and nothing looser: valid UTF-8, no byte order mark, at
// most [MaxDepth] levels deep, and every number within what a JavaScript number
// can hold. The package knows bytes only, not what they mean to the product.
package jsjson

// A JSON.parse made of the engine's own string literals, numbers and objects.
// The engine's built-in one goes through Go strings and so loses lone
// surrogates, which JSON.parse must keep.
function parse(text) {
  var at = 0;
  var white = /[ \t\n\r]*/y;
  var string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
  var number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  var literal = /true|false|null/y;

  function match(pattern) {
    pattern.lastIndex = at;
    var found = pattern.exec(text);
    if (found === null) return undefined;
    at = pattern.lastIndex;
    return found[0];
  }
  function take(c) {
    match(white);
    if (text[at] !== c) return false;
    at++;
    match(white);
    return true;
  }
  function need(ok) {
    if (!ok) throw new SyntaxError("at unit " + at);
  }
  function readString() {
    var found = match(string);
    need(found !== undefined);
    // Raw line separators are legal in JSON, but not in every engine's literals.
    return eval(found.replace(/\u2028/g, "\\u2028").replace(/\u2029/g, "\\u2029"));
  }
  function object() {
    var result = {};
    if (take("}")) return result;
    do {
      var key = readString();
      need(take(":"));
      Object.defineProperty(result, key, {value: value(), enumerable: true, configurable: true, writable: true});
    } while (take(","));
    need(take("}"));
    return result;
  }
  function array() {
    var result = [];
    if (take("]")) return result;
    do result.push(value()); while (take(","));
    need(take("]"));
    return result;
  }
  function value() {
    match(white);
    if (text[at] === '"') return readString();
    if (take("{")) return object();
    if (take("[")) return array();
    var found = match(number);
    if (found !== undefined) return Number(found);
    found = match(literal);
    need(found !== undefined);
    return eval(found);
  }

  var result = value();
  match(white);
  need(at === text.length);
  return result;
}

function normalize(text) { return JSON.stringify(parse(text)); }

//! Calls of every function, each with what it makes of them. Terraform's documentation is the source of those that it has.

const COLLECTIONS: &[(&str, &str)] = &[
    ("alltrue([])", "true"),
    ("alltrue([true, \"true\", 1 == 1])", "true"),
    ("alltrue([true, null])", "false"),
    (
        "alltrue([1])",
        "Err: alltrue: bools are needed, one is a number",
    ),
    ("anytrue([])", "false"),
    ("anytrue([false, true])", "true"),
    ("chunklist([1, 2, 3], 2)", "[[1, 2], [3]]"),
    ("chunklist([1, 2], 0)", "[[1, 2]]"),
    ("chunklist([1], -1)", "Err: may not be negative"),
    ("coalesce(null, \"\", \"a\", \"b\")", "\"a\""),
    (
        "coalesce(null, \"\")",
        "Err: coalesce: all are null or empty",
    ),
    ("coalescelist([], null, [1])", "[1]"),
    ("coalescelist([])", "Err: all are empty"),
    ("compact([\"a\", \"\", null, \"b\"])", "[\"a\", \"b\"]"),
    ("concat([1], [], [2, 3])", "[1, 2, 3]"),
    (
        "concat([1], 2)",
        "Err: concat: a list or set is needed, this is a number",
    ),
    ("contains([1, 2], 2)", "true"),
    ("contains([1, 2], \"2\")", "false"),
    ("distinct([2, 1, 2, 1])", "[2, 1]"),
    ("element([\"a\", \"b\"], 3)", "\"b\""),
    ("element([\"a\", \"b\"], -1)", "\"b\""),
    ("element([], 0)", "Err: element: the list is empty"),
    ("flatten([1, [2, [3, []]], [[4]]])", "[1, 2, 3, 4]"),
    ("index([\"a\", \"b\"], \"b\")", "1"),
    ("index([\"a\"], \"b\")", "Err: does not contain it"),
    ("keys({b = 1, a = 2})", "[\"a\", \"b\"]"),
    ("length([1, 2])", "2"),
    ("length(\"äö\")", "2"),
    ("length({a = 1})", "1"),
    (
        "length(1)",
        "Err: length: a list, set, map or string is needed, this is a number",
    ),
    ("lookup({a = 1}, \"a\", 2)", "1"),
    ("lookup({a = 1}, \"b\", 2)", "2"),
    ("lookup({a = 1}, \"b\")", "Err: no such key"),
    (
        "matchkeys([\"x\", \"y\"], [\"a\", \"b\"], [\"b\"])",
        "[\"y\"]",
    ),
    (
        "merge({a = 1, b = 1}, null, {b = 2})",
        "{\"a\": 1, \"b\": 2}",
    ),
    (
        "merge([1])",
        "Err: merge: a map or object is needed, this is a list",
    ),
    ("merge([{a = 1}, {b = 2}]...)", "{\"a\": 1, \"b\": 2}"),
    ("one([])", "null"),
    ("one([7])", "7"),
    ("one(null)", "null"),
    ("one([1, 2])", "Err: more than one element"),
    ("reverse([1, 2, 3])", "[3, 2, 1]"),
    ("slice([\"a\", \"b\", \"c\"], 1, 3)", "[\"b\", \"c\"]"),
    ("slice([1], 1, 3)", "Err: slice: the list has 1 elements"),
    ("slice([1, 2], 2, 1)", "Err: slice"),
    ("sort([\"b\", \"a\", \"B\"])", "[\"B\", \"a\", \"b\"]"),
    (
        "transpose({a = [\"1\", \"2\"], b = [\"2\"]})",
        "{\"1\": [\"a\"], \"2\": [\"a\", \"b\"]}",
    ),
    ("values({b = 1, a = 2})", "[2, 1]"),
    ("zipmap([\"a\", \"b\"], [1, 2])", "{\"a\": 1, \"b\": 2}"),
    ("zipmap([\"a\"], [])", "Err: zipmap: 1 keys, but 0 values"),
    ("setintersection([1, 2], [2, 3])", "[2]"),
    ("setproduct([1, 2], [\"a\"])", "[[1, \"a\"], [2, \"a\"]]"),
    ("setsubtract([1, 2, 3], [2])", "[1, 3]"),
    ("setunion([3, 1], [2, 1])", "[1, 2, 3]"),
];

const ENCODINGS: &[(&str, &str)] = &[
    ("base64encode(\"Hällo\")", "\"SMOkbGxv\""),
    ("base64decode(\"SMOkbGxv\")", "\"Hällo\""),
    (
        "base64decode(\"%\")",
        "Err: base64decode: this is no base64",
    ),
    ("base64decode(\"/w==\")", "Err: not UTF-8"),
    (
        "base64sha256(\"a\")",
        "\"ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=\"",
    ),
    (
        "csvdecode(\"a,b\\n1,\\\"x, y\\\"\\n\")",
        "[{\"a\": \"1\", \"b\": \"x, y\"}]",
    ),
    (
        "csvdecode(\"a,b\\n1\\n\")",
        "Err: a line has 1 fields, the first has 2",
    ),
    (
        "jsonencode({b = [1, null, true], a = \"<x>\"})",
        r#""{\"a\":\"\\u003cx\\u003e\",\"b\":[1,null,true]}""#,
    ),
    (
        "jsondecode(\"{\\\"a\\\": [1, 12345678901234567890123, \\\"x\\\"]}\").a[1] == 12345678901234567890123",
        "true",
    ),
    ("jsondecode(\"[1,\")", "Err: jsondecode: this is no JSON"),
    ("jsondecode(\"01\")", "Err: a number starts with a zero"),
    ("md5(\"a\")", "\"0cc175b9c0f1b6a831c399e269772661\""),
    (
        "sha256(\"a\")",
        "\"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\"",
    ),
    (
        "sha1(\"a\")",
        "\"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\"",
    ),
    ("substr(base64sha512(\"a\"), 0, 16)", "\"H0D8ktokFpR1CXnu\""),
    (
        "uuidv5(\"dns\", \"www.terraform.io\")",
        "\"a5008fae-b28c-5ba5-96cd-82b4c53552d6\"",
    ),
    (
        "uuidv5(uuidv5(\"dns\", \"www.terraform.io\"), \"x\")",
        "\"7981a8ea-6100-52ad-b132-83c81e98b222\"",
    ),
    (
        "uuidv5(\"6ba7b8109dad11d180b400c04fd430c8\", \"x\")",
        "Err: uuidv5: a namespace is",
    ),
    (
        "textencodebase64(\"Hello World\", \"UTF-16LE\")",
        "\"SABlAGwAbABvACAAVwBvAHIAbABkAA==\"",
    ),
    (
        "textdecodebase64(\"SABlAGwAbABvACAAVwBvAHIAbABkAA==\", \"utf-16le\")",
        "\"Hello World\"",
    ),
    (
        "[for c in [\"UTF-8\", \"UTF-16LE\", \"UTF-16BE\", \"ISO-8859-1\"] : textdecodebase64(textencodebase64(\"äö\", c), c)]",
        "[\"äö\", \"äö\", \"äö\", \"äö\"]",
    ),
    (
        "textencodebase64(\"ä\", \"US-ASCII\")",
        "Err: the encoding has not all of these characters",
    ),
    (
        "textdecodebase64(\"QQ==\", \"UTF-16LE\")",
        "Err: no text of that encoding",
    ),
    (
        "textdecodebase64(\"/w==\", \"UTF-8\")",
        "Err: no text of that encoding",
    ),
    (
        "textdecodebase64(\"QQ==\", \"EBCDIC\")",
        "Err: there are UTF-8",
    ),
    ("urldecode(\"a+b%2F%C3%A4\")", "\"a b/ä\""),
    (
        "urldecode(\"%2\")",
        "Err: behind a `%` stand two digits in hex",
    ),
    ("urldecode(\"%FF\")", "Err: not UTF-8"),
    ("substr(sha512(\"a\"), 0, 16)", "\"1f40fc92da241694\""),
    ("urlencode(\"a b/ä\")", "\"a+b%2F%C3%A4\""),
    (
        "yamldecode(\"a: [1, x]\\nb: null\")",
        "{\"a\": [1, \"x\"], \"b\": null}",
    ),
    ("yamldecode(\"a: [\")", "Err: yamldecode: this is no YAML"),
    (
        "yamlencode({a = [1, {b = \"c\"}], d = {}})",
        r#""\"a\":\n- 1\n- \"b\": \"c\"\n\"d\": {}\n""#,
    ),
    (
        "yamldecode(yamlencode([\"\\u0087\\u0085\\u2028x\"])) == [\"\\u0087\\u0085\\u2028x\"]",
        "true",
    ),
    (
        "yamldecode(yamlencode({a = [[], {b = [1]}, \"x: y\"]}))",
        "{\"a\": [[], {\"b\": [1]}, \"x: y\"]}",
    ),
];

const TEXTS: &[(&str, &str)] = &[
    ("chomp(\"a\\n\\n\")", "\"a\""),
    ("endswith(\"abc\", \"bc\")", "true"),
    ("startswith(\"abc\", \"bc\")", "false"),
    ("strcontains(\"abc\", \"b\")", "true"),
    ("indent(2, \"a\\nb\")", "\"a\\n  b\""),
    ("join(\", \", [\"a\", 1, true])", "\"a, 1, true\""),
    (
        "join(\",\", [[1]])",
        "Err: join: strings are needed, one is a list",
    ),
    ("lower(\"ÄB\")", "\"äb\""),
    ("upper(\"äb\")", "\"ÄB\""),
    ("title(\"hello wide world\")", "\"Hello Wide World\""),
    ("strrev(\"äb\")", "\"bä\""),
    ("substr(\"hello\", 1, 3)", "\"ell\""),
    ("substr(\"hello\", -3, -1)", "\"llo\""),
    ("substr(\"hello\", 9, 3)", "\"\""),
    ("trim(\"?!hello?!\", \"!?\")", "\"hello\""),
    ("trimprefix(\"v1\", \"v\")", "\"1\""),
    ("trimsuffix(\"a.hcl\", \".hcl\")", "\"a\""),
    ("trimspace(\"  a \\n\")", "\"a\""),
    ("split(\",\", \"a,b\")", "[\"a\", \"b\"]"),
    ("split(\",\", \"\")", "[\"\"]"),
    ("regex(\"[a-z]+\", \"12ab\")", "\"ab\""),
    ("regex(\"(\\\\d)(x)?\", \"1\")", "[\"1\", null]"),
    ("regex(\"(?P<n>\\\\d)\", \"a1\")", "{\"n\": \"1\"}"),
    (
        "regex(\"x\", \"a\")",
        "Err: regex: the pattern does not match",
    ),
    (
        "regex(\"(\", \"a\")",
        "Err: regex: the pattern cannot be read: unclosed group",
    ),
    ("regexall(\"[0-9]\", \"a1b2\")", "[\"1\", \"2\"]"),
    ("replace(\"1 + 2\", \"+\", \"-\")", "\"1 - 2\""),
    ("replace(\"hello\", \"/l+/\", \"L\")", "\"heLo\""),
    ("replace(\"ab\", \"/(a)(b)/\", \"$2$1\")", "\"ba\""),
    (
        "format(\"%s is %d, %05.2f, %q, %v, %%\", \"a\", 12.7, 3.14159, \"q\", [1])",
        r#""a is 12, 03.14, \"q\", [1], %""#,
    ),
    (
        "format(\"%3d|%-3d|%03d|%+d|%x\", 1, 2, 3, 4, 255)",
        "\"  1|2  |003|+4|ff\"",
    ),
    (
        "format(\"%s\")",
        "Err: format: there is no value 1 for `%s`",
    ),
    (
        "format(\"a\", 1)",
        "Err: format: the pattern has no verb for this value",
    ),
    (
        "format(\"%d\", \"x\")",
        "Err: `%d` needs a number, this is a string",
    ),
    ("format(\"%[2]s%[1]s\", \"a\", \"b\")", "\"ba\""),
    (
        "formatlist(\"%s-%s\", [\"a\", \"b\"], \"x\")",
        "[\"a-x\", \"b-x\"]",
    ),
    (
        "formatlist(\"%s%s\", [1], [1, 2])",
        "Err: the lists differ in length",
    ),
];

const NUMBERS: &[(&str, &str)] = &[
    ("abs(-1.5)", "1.5"),
    ("ceil(1.2)", "2"),
    ("floor(-1.2)", "-2"),
    ("max(1, \"3\", 2)", "3"),
    ("min(1, 3, -2)", "-2"),
    ("min([1, 2]...)", "1"),
    ("parseint(\"ff\", 16)", "255"),
    ("parseint(\"-101\", 2)", "-5"),
    ("parseint(\"9\", 8)", "Err: `9` is no digit of base 8"),
    ("log(50, 10)", "1.6989700043360187"),
    ("log(1000, 10)", "3"),
    ("log(16, 2)", "4"),
    ("log(0.5, 2)", "-1"),
    (
        "log(0, 2)",
        "Err: log: only a number above zero has a logarithm",
    ),
    ("log(2, 1)", "Err: log: a base is above zero and not one"),
    ("pow(2, 100) == 1267650600228229401496703205376", "true"),
    ("pow(10, 5000)", "Err: pow"),
    ("range(3)", "[0, 1, 2]"),
    ("range(1, 4)", "[1, 2, 3]"),
    ("range(5, 0, -2)", "[5, 3, 1]"),
    (
        "range(0, 1, 0)",
        "Err: range: the step must lead from start to limit",
    ),
    (
        "range(1e12)",
        "Err: the evaluation of this configuration was stopped here",
    ),
    ("signum(-7)", "-1"),
    ("sum([1, \"2\", 0.5])", "3.5"),
    ("sum([])", "Err: sum: the list is empty"),
];

const NETWORKS: &[(&str, &str)] = &[
    ("cidrhost(\"10.0.0.0/8\", 258)", "\"10.0.1.2\""),
    ("cidrhost(\"10.0.0.0/24\", -1)", "\"10.0.0.255\""),
    ("cidrhost(\"10.0.0.0/24\", 256)", "Err: cidrhost"),
    ("cidrhost(\"fd00::/64\", 1)", "\"fd00::1\""),
    ("cidrnetmask(\"10.0.0.0/12\")", "\"255.240.0.0\""),
    ("cidrsubnet(\"10.0.0.0/16\", 8, 2)", "\"10.0.2.0/24\""),
    ("cidrsubnet(\"10.0.0.0/16\", 17, 0)", "Err: cidrsubnet"),
    (
        "cidrsubnets(\"10.0.0.0/16\", 4, 4, 8)",
        "[\"10.0.0.0/20\", \"10.0.16.0/20\", \"10.0.32.0/24\"]",
    ),
    ("cidrhost(\"10.0.0.0\", 1)", "Err: this is no network"),
];

const TIMES: &[(&str, &str)] = &[
    (
        "formatdate(\"DD MMM YYYY hh:mm ZZZ\", \"2026-11-25T04:05:06Z\")",
        "\"25 Nov 2026 04:05 UTC\"",
    ),
    (
        "formatdate(\"EEEE, D 'o''clock' HAA\", \"2026-11-25T16:05:06+01:00\")",
        "\"Wednesday, 25 o'clock 4PM\"",
    ),
    (
        "formatdate(\"bad\", \"2026-11-25T04:05:06Z\")",
        "Err: `b` means nothing",
    ),
    (
        "timeadd(\"2026-11-25T04:05:06Z\", \"-1h30m\")",
        "\"2026-11-25T02:35:06Z\"",
    ),
    (
        "timeadd(\"2026-11-25T04:05:06Z\", \"1d\")",
        "Err: timeadd: this is no duration",
    ),
    (
        "timecmp(\"2026-11-25T04:00:00Z\", \"2026-11-25T05:00:00+01:00\")",
        "0",
    ),
    (
        "timecmp(\"2026-11-25T04:00:00Z\", \"2026-11-26T04:00:00Z\")",
        "-1",
    ),
    (
        "timecmp(\"yesterday\", \"2026-11-26T04:00:00Z\")",
        "Err: this is no time of RFC 3339",
    ),
];

const CONVERSIONS: &[(&str, &str)] = &[
    ("can(1 / 0)", "false"),
    ("can({a = 1}.a)", "true"),
    ("try({a = 1}.b, \"none\")", "\"none\""),
    ("try({a = 1}.b, 1 / 0)", "Err: division by zero"),
    ("issensitive(sensitive(1))", "true"),
    ("issensitive(1)", "false"),
    ("nonsensitive(sensitive(1))", "1"),
    ("sensitive(1)", "Err: the output does not say so"),
    ("tobool(\"true\")", "true"),
    (
        "tobool(\"yes\")",
        "Err: tobool: a bool is needed, this string spells none",
    ),
    ("tolist(toset([\"b\", \"a\"]))", "[\"a\", \"b\"]"),
    ("tolist([1, \"a\"])", "[\"1\", \"a\"]"),
    ("tomap({a = 1, b = \"x\"})", "{\"a\": \"1\", \"b\": \"x\"}"),
    ("tonumber(\"1.50\")", "1.5"),
    (
        "tonumber(\"x\")",
        "Err: tonumber: a number is needed, this string spells none",
    ),
    ("toset([\"b\", \"a\", \"b\"])", "[\"a\", \"b\"]"),
    ("tostring(1.0)", "\"1\""),
    ("tostring(null)", "null"),
    (
        "tostring([])",
        "Err: tostring: a string is needed, this is a list",
    ),
    ("type([1])", "\"list\""),
];

pub(super) const FILES: &[(&str, &str)] = &[
    ("abspath(\"a/b\")", "\"a/b\""),
    ("basename(\"a/b.txt\")", "\"b.txt\""),
    ("dirname(\"a/b/c\")", "\"a/b\""),
    ("file(\"${path.module}/data/a.txt\")", "\"text\""),
    (
        "file(\"missing\")",
        "Err: missing cannot be read: there is no such file",
    ),
    ("filebase64(\"data/a.txt\")", "\"dGV4dA==\""),
    ("fileexists(\"data/a.txt\")", "true"),
    ("fileexists(\"data/b.txt\")", "false"),
    (
        "filemd5(\"data/a.txt\")",
        "\"1cb251ec0d568de6a929b520c4aed8d1\"",
    ),
    ("substr(filesha256(\"data/a.txt\"), 0, 8)", "\"982d9e3e\""),
    (
        "fileset(\".\", \"data/*.{txt,json}\")",
        "[\"data/a.txt\", \"data/c.json\"]",
    ),
    (
        "fileset(\"data\", \"**\")",
        "[\"a.txt\", \"c.json\", \"deep/t.tpl\"]",
    ),
    ("jsondecode(file(\"data/c.json\")).a", "[1, 2]"),
    (
        "templatefile(\"data/deep/t.tpl\", {names = [\"a\", \"b\"]})",
        "\"- a\\n- b\\n\"",
    ),
    (
        "templatefile(\"data/deep/t.tpl\", {})",
        "Err: `names` is not declared here",
    ),
    (
        "filesha1(\"data/a.txt\")",
        "\"372ea08cab33e71c02c651dbc83a474d32c676ea\"",
    ),
    (
        "substr(filesha512(\"data/a.txt\"), 0, 16)",
        "\"eaf2c12742cb8c16\"",
    ),
    (
        "filebase64sha256(\"data/a.txt\")",
        "\"mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=\"",
    ),
    (
        "substr(filebase64sha512(\"data/a.txt\"), 0, 16)",
        "\"6vLBJ0LLjBYby9hL\"",
    ),
    (
        "templatestring(\"$${n}: %%{ for x in l }$${x} %%{ endfor }\", {n = \"a\", l = [1, 2]})",
        "\"a: 1 2 \"",
    ),
    (
        "templatestring(\"$${local.x}\", {})",
        "Err: `local` is not declared here",
    ),
    ("templatestring(\"$${\", {})", "Err: never closed"),
    (
        "templatestring(sensitive(\"$${hunter2\"), {})",
        "Err: templatestring: the text is no template that these variables fill",
    ),
    ("issensitive(templatestring(sensitive(\"a\"), {}))", "true"),
    (
        "templatestring([], {})",
        "Err: takes a text and an object of variables",
    ),
    (
        "templatefile(\"data/deep/t.tpl\")",
        "Err: takes 2 arguments, not 1",
    ),
];

pub(super) const BESIDE: &[(&str, &str)] = &[
    ("data/a.txt", "text"),
    ("data/c.json", "{\"a\": [1, 2]}"),
    (
        "data/deep/t.tpl",
        "%{ for name in names ~}\n- ${name}\n%{ endfor ~}\n",
    ),
];

pub(super) const PLAIN: &[&[(&str, &str)]] = &[
    COLLECTIONS,
    ENCODINGS,
    TEXTS,
    NUMBERS,
    NETWORKS,
    TIMES,
    CONVERSIONS,
];

#!/usr/bin/env python3
"""bindings_test.py BINDINGS.dart HEADER…: the app's Dart bindings are the C functions: all of them, with the same arguments in the
same order, and nothing else. There is no Dart here to find that out by compiling."""
import pathlib
import re
import sys
import unittest

DART = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
ONE_LINE = re.sub(r"\s+", " ", re.sub(r"//.*", "", DART))   # its formatter breaks lines where it likes
HEADERS = "\n".join(re.sub(r"/\*.*?\*/", "", pathlib.Path(header).read_text(encoding="utf-8"), flags=re.DOTALL) for header in sys.argv[2:])

# A C type without its const -> as the bindings name it.
NATIVE = {"void": "Void", "int32_t": "Int32", "int": "Int32", "edgelab_status": "Int32", "int64_t": "Int64", "size_t": "Size",
          "char *": "Text", "char **": "TextOut", "void *": "Pointer<Void>", "int32_t *": "Pointer<Int32>",
          "edgelab_executor *": "Executor", "edgelab_executor **": "ExecutorOut", "edgelab_experiment *": "Experiment",
          "edgelab_experiment **": "ExperimentOut", "edgelab_file *": "Files", "edgelab_receive": "Receive"}
# What a native type is in a Dart signature; pointers stay what they are.
IN_DART = {"Void": "void", "Int32": "int", "Int64": "int", "Size": "int"}
POINTERS = {"Text": "Pointer<Utf8>", "TextOut": "Pointer<Pointer<Utf8>>", "Executor": "Pointer<NativeExecutor>",
            "ExecutorOut": "Pointer<Pointer<NativeExecutor>>", "Experiment": "Pointer<NativeExperiment>",
            "ExperimentOut": "Pointer<Pointer<NativeExperiment>>", "Files": "Pointer<NativeFile>",
            "Receive": "Pointer<NativeFunction<ReceiveC>>"}


def c_type(text, named):
    """`const char *message` -> `char *`: without const and, in a parameter, without its name."""
    text = re.sub(r"\bconst\b", "", text)
    if named and not re.fullmatch(r"\s*void\s*", text):
        text = re.sub(r"\w+\s*$", "", text)
    stars = text.count("*")
    return " ".join(text.replace("*", " ").split()) + (" " + "*" * stars if stars else "")


def native_signature(result, parameters):
    taken = [c_type(parameter, named=True) for parameter in parameters.split(",")]
    taken = [] if taken == ["void"] else taken
    return NATIVE[c_type(result, named=False)], [NATIVE[one] for one in taken]


def declared():
    found = re.findall(r"EDGELAB_API\s+([\w\s]+?[\s*]+)(edgelab_\w+)\(([^)]*)\);", HEADERS)
    return {name: native_signature(result, parameters) for result, name, parameters in found}


def callbacks():
    found = re.findall(r"typedef\s+void\s+\(\*(edgelab_\w+)\)\(([^)]*)\);", HEADERS)
    return {name: native_signature("void", parameters) for name, parameters in found}


def split(parameters):
    """At commas that are in no angle brackets."""
    parts, depth = [""], 0
    for letter in parameters:
        depth += (letter == "<") - (letter == ">")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def function_types():
    found = re.findall(r"typedef (\w+) = ([\w<>]+) Function\( ?(.*?),? ?\);", ONE_LINE)
    return {name: (result, split(parameters)) for name, result, parameters in found}


class Bindings(unittest.TestCase):
    def test_every_function_with_its_arguments_and_nothing_else(self):
        types = function_types()
        bound = {}
        for native, dart, name in re.findall(r"lookupFunction<(\w+), (\w+)>\( ?'(\w+)',? ?\)", ONE_LINE):
            self.assertNotIn(name, bound, "bound twice")
            bound[name] = types[native]
            result, parameters = types[native]
            expected = (IN_DART.get(result, result), [IN_DART.get(one, one) for one in parameters])
            self.assertEqual(types[dart], expected, f"{name}: {dart} is not {native} in Dart")
        for native, name in re.findall(r"lookup<NativeFunction<(\w+)>>\( ?'(\w+)',? ?\)", ONE_LINE):
            bound[name] = types[native]
        self.assertGreater(len(declared()), 20)
        self.assertEqual(bound, declared())

    def test_every_field_has_the_type_that_is_looked_up(self):
        fields = dict(reversed(pair) for pair in re.findall(r"^  final (\w+) (\w+);", DART, re.MULTILINE))
        looked_up = dict(re.findall(r"(\w+) = library ?\.lookupFunction<\w+, (\w+)>", ONE_LINE))
        self.assertEqual({**looked_up, "mobileReceive": "Receive"}, fields)

    def test_callbacks(self):
        self.assertEqual({"edgelab_receive": function_types()["ReceiveC"], "edgelab_mobile_deliver": function_types()["DeliverC"]},
                         callbacks())

    def test_names_of_pointers(self):
        self.assertEqual(dict(re.findall(r"typedef (\w+) = (Pointer<.*>);", DART)), POINTERS)

    def test_the_version_of_the_interface(self):
        self.assertEqual(re.search(r"const int abiVersion = (\d+);", DART)[1],
                         re.search(r"#define EDGELAB_ABI_VERSION (\d+)", HEADERS)[1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

"""Finding the files of an artifact."""

import os
import unittest

from nexus.host.loader import ArtifactFinder


class Finder(unittest.TestCase):
    def setUp(self):
        files = {"main.py": "", "pack/__init__.py": "x = 1", "pack/inner.py": "y = 2", "plain/deep.py": "z = 3"}
        self.finder = ArtifactFinder(files, "/module", ["src", ""])

    def test_modules_and_packages_have_their_places_in_the_folder(self):
        self.assertEqual(self.finder.find_spec("main").origin, os.path.join("/module", "main.py"))
        package = self.finder.find_spec("pack")
        self.assertEqual(package.submodule_search_locations, [os.path.join("/module", "pack")])
        inner = self.finder.find_spec("pack.inner", package.submodule_search_locations)
        self.assertEqual(inner.loader.get_source("pack.inner"), "y = 2")

    def test_a_folder_without_an_init_file_is_a_namespace(self):
        namespace = self.finder.find_spec("plain")
        self.assertIsNone(namespace.loader)
        deep = self.finder.find_spec("plain.deep", list(namespace.submodule_search_locations))
        self.assertEqual(deep.loader.get_source("plain.deep"), "z = 3")

    def test_what_is_not_there_is_left_to_others(self):
        self.assertIsNone(self.finder.find_spec("other"))
        self.assertIsNone(self.finder.find_spec("pack.other", ["/module/pack"]))
        self.assertIsNone(self.finder.find_spec("inner", ["/elsewhere/pack"]))

    def test_names_of_the_standard_library_are_its_own(self):
        finder = ArtifactFinder({"json.py": "", "sys.py": "", "queue.py": "", "math.py": ""}, "/module", [""])
        for name in ("json", "sys", "queue", "math"):
            self.assertIsNone(finder.find_spec(name))


if __name__ == "__main__":
    unittest.main()

"""From an artifact to the class ``Module``. The artifact holds the module's sources, and they are imported from there,
not from the disk: a process that starts later runs what the first one ran, whatever has become of the files.
"""

import importlib.machinery
import importlib.util
import json
import os
import sys

from ..modules.calling import accepted, call_method


class ModuleFailure(Exception):
    """The module cannot be loaded; the message names it and says what to do."""


def installed_versions(names):
    """The version of each package, None for one that is not there; from now on they can be imported."""
    # Only modules that list packages pay for these imports.
    import importlib.metadata
    import site

    site.main()

    def version(name):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return None

    return {name: version(name) for name in names}


def load_class(manifest, folder, code):
    """Runs the entry file and gives its ``Module``. What the file raises goes through."""
    entry = manifest["entry_points"]["main"]
    files = json.loads(code)["python"]
    finder = ArtifactFinder(files, folder, roots=dict.fromkeys([os.path.dirname(entry), ""]))
    sys.meta_path.insert(_place_of_path_finder(), finder)
    stem = os.path.splitext(os.path.basename(entry))[0]
    name = f"{manifest['id']}_{stem}" if stem in _standard or stem in sys.modules else stem
    spec = finder.spec_of(name, entry)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    hooks = {hook: _hook_in(finder, manifest, hook) for hook in ("setup", "teardown")}
    return _with_hooks(_class_in(module, manifest, entry), **hooks)


def _hook_in(finder, manifest, hook):
    """The function of ``entry_points.setup`` or ``teardown``, None where there is none."""
    path = manifest["entry_points"].get(hook)
    if path is None:
        return None
    spec = finder.spec_of(f"{manifest['id']}_entry_{hook}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function = getattr(module, hook, None)
    if callable(function):
        return function
    raise ModuleFailure(f'Module "{manifest["id"]}": {path} must define a function "{hook}".')


def _with_hooks(found, setup, teardown):
    """``entry_points.setup`` runs before the module's own, ``entry_points.teardown`` after it."""
    if setup is None and teardown is None:
        return found

    class Module(found):
        async def setup(self, context=None):
            if setup is not None:
                await call_method(setup, *accepted(setup, context))
            if hasattr(found, "setup"):
                await call_method(super().setup, *accepted(super().setup, context))

        async def teardown(self):
            try:
                if hasattr(found, "teardown"):
                    await call_method(super().teardown)
            finally:
                if teardown is not None:
                    await call_method(teardown)

    return Module


def _standard_names():
    """Python 3.9 has no list of them."""
    if hasattr(sys, "stdlib_module_names"):
        return sys.stdlib_module_names
    home = os.path.dirname(os.__file__)
    files = [*os.listdir(home), *os.listdir(os.path.join(home, "lib-dynload"))]
    return {*sys.builtin_module_names, *(name.split(".")[0] for name in files)}


_standard = _standard_names()


def _place_of_path_finder():
    finders = [index for index, finder in enumerate(sys.meta_path) if finder is importlib.machinery.PathFinder]
    return finders[0] if finders else len(sys.meta_path)


def _class_in(module, manifest, entry):
    found = getattr(module, "Module", None)
    if isinstance(found, type) and callable(getattr(found, "execute", None)):
        return found
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    wanted = f'{entry} must define a class named "Module" with a method "execute"'
    raise ModuleFailure(f'Module "{manifest["id"]}": {wanted}; it defines {", ".join(own) or "nothing"}.')


class ArtifactFinder:
    """Finds the module's own files, by the names that they would have on disk. The standard library's names stay its own."""

    def __init__(self, files, folder, roots):
        self._files = files
        self._folder = folder
        self._roots = list(roots)

    def find_spec(self, name, path=None, target=None):
        if path is None:
            return None if name in _standard else self._find(name, self._roots, name)
        homes = [os.path.relpath(home, self._folder) for home in path if home.startswith(self._folder)]
        return self._find(name, ["" if home == "." else home for home in homes], name.rpartition(".")[2])

    def _find(self, name, homes, stem):
        for home in homes:
            base = f"{home}/{stem}" if home else stem
            if f"{base}/__init__.py" in self._files:
                return self.spec_of(name, f"{base}/__init__.py", package=base)
            if f"{base}.py" in self._files:
                return self.spec_of(name, f"{base}.py")
            if any(path.startswith(f"{base}/") for path in self._files):
                spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
                spec.submodule_search_locations = [os.path.join(self._folder, base)]
                return spec
        return None

    def spec_of(self, name, path, package=None):
        place = os.path.join(self._folder, path)
        return importlib.util.spec_from_file_location(
            name,
            place,
            loader=ArtifactLoader(name, place, self._files[path]),
            submodule_search_locations=None if package is None else [os.path.join(self._folder, package)],
        )


class ArtifactLoader(importlib.machinery.SourceFileLoader):
    """A source file whose text is in the artifact. Its data files are on disk, where they always were."""

    def __init__(self, name, path, source):
        super().__init__(name, path)
        self._source = source

    def get_source(self, fullname):
        return self._source

    def get_code(self, fullname):
        return compile(self._source, self.path, "exec", dont_inherit=True)

    def get_data(self, path):
        return self._source.encode() if path == self.path else super().get_data(path)

/**
 * What runs a Python script, in both Python boxes: its argv, its variables, the value of its last expression,
 * tracebacks without our frames, and a report of the error that ends it. It is text, since it runs in another process,
 * and needs nothing but Python 3.9.
 */
export const pythonBootstrap = String.raw`
import ast, json, linecache, sys, traceback, types

SCRIPT = "script.py"


def run(job, report, give):
    """Runs the script of a job and returns its exit code. A report and a value are JSON text."""
    global SCRIPT
    SCRIPT = job.get("name", SCRIPT)
    code = "\n" * (job.get("line", 1) - 1) + job["code"]
    main = types.ModuleType("__main__")
    main.__dict__.update(job["variables"])
    sys.modules["__main__"] = main
    sys.argv = ["script.py", *job["arguments"]]
    linecache.cache[SCRIPT] = (len(code), None, code.splitlines(True), SCRIPT)
    try:
        value = execute(code, main.__dict__, job["wants_value"])
        if job["wants_value"]:
            give(json.dumps(value, allow_nan=False))
        return 0
    except SystemExit as stop:
        return exit_code(stop.code)
    except BaseException as error:
        tell(error, report, job.get("column", 1) - 1)
        return 1


def execute(code, names, wants_value):
    if not wants_value:
        exec(compile(code, SCRIPT, "exec", dont_inherit=True), names)
        return None
    tree = ast.parse(code, SCRIPT)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, SCRIPT, "exec", dont_inherit=True), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), SCRIPT, "eval", dont_inherit=True), names)


def exit_code(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def tell(error, report, indent):
    kind = type(error)
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != SCRIPT and trace.tb_next:
        trace = trace.tb_next
    if trace and trace.tb_frame.f_code.co_filename != SCRIPT:
        trace = None
    found = described(error, indent)
    if isinstance(error, MemoryError):
        found["limit"] = "memory"
    report(json.dumps(found))
    traceback.print_exception(kind, error, trace, limit=100)


def described(error, indent):
    places = [(frame.lineno, column_of(frame)) for frame in traceback.extract_tb(error.__traceback__) if frame.filename == SCRIPT]
    if isinstance(error, SyntaxError) and error.filename == SCRIPT:
        places.append((error.lineno, error.offset))
    message = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    line, column = places[-1] if places else (None, None)
    return {"message": message[:4000], "line": line, **({"column": column + indent} if column else {})}


def column_of(frame):
    """From 1, in characters; Python counts bytes, and since 3.11 alone."""
    at = getattr(frame, "colno", None)
    line = linecache.getline(SCRIPT, frame.lineno or 0)
    return None if at is None else len(line.encode()[:at].decode(errors="replace")) + 1
`

/**
 * What runs a Python script, in both Python boxes: its argv, its variables, tracebacks without our frames, and a report
 * of the error that ends it. It is text, since it runs in another process, and needs nothing but Python 3.9.
 */
export const pythonBootstrap = `
import json, linecache, sys, traceback, types


def run(job, report):
    """Runs the script of a job and returns its exit code. A report is JSON text."""
    code, name = job["code"], "script.py"
    main = types.ModuleType("__main__")
    main.__dict__.update(job["variables"])
    sys.modules["__main__"] = main
    sys.argv = [name, *job["arguments"]]
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace", line_buffering=True)
    try:
        exec(compile(code, name, "exec", dont_inherit=True), main.__dict__)
        return 0
    except SystemExit as stop:
        return exit_code(stop.code)
    except BaseException as error:
        inner = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, inner)
        report(json.dumps(described(error, name)))
        return 1


def exit_code(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def described(error, name):
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        lines.append(error.lineno)
    message = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    return {"message": message[:4000], "line": lines[-1] if lines else None}
`

/** The program of the system's Python: reads its job, runs it, writes the report beside itself. */
export const systemProgram = `${pythonBootstrap}

def main():
    folder = __file__.rpartition("/")[0] or __file__.rpartition("\\\\")[0]

    def report(text):
        with open(folder + "/report.json", "w", encoding="utf-8") as file:
            file.write(text)

    with open(folder + "/job.json", encoding="utf-8") as file:
        job = json.load(file)
    sys.exit(run(job, report))


main()
`

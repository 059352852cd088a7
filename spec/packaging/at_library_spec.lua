-- The AT engine as a library for programs in C and C++: built, installed and used as examples/c/README.md says.

local folder_of_specs = require "support.folder"
local hayes = require "hayes"
local Process = require "support.process"
local socket = require "socket"

describe("libhayes-at", function()
  local folder, include, library

  local function compile(compiler, source, program, ...)
    Process.run { compiler, "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-I" .. include, source,
      "-L" .. library, "-lhayes-at", "-o", program, ... }
  end

  setup(function()
    folder = folder_of_specs.new("at_library")
    local root = folder .. "/root"
    Process.run { "make", "-s", "install-at", "BUILD=" .. folder .. "/build", "DESTDIR=" .. root, "PREFIX=/usr" }
    include, library = root .. "/usr/include", root .. "/usr/lib"
  end)

  --- Builds and runs a program of checks with the library, both under the sanitizers.
  local function run_checks(source, ...)
    local build, program = folder .. "/sanitized", folder .. "/checks"
    Process.run { "make", "-s", "libhayes-at", "BUILD=" .. build, "CFLAGS=-g -O1 -fsanitize=address,undefined" }
    Process.run { "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-fsanitize=address,undefined", "-I" .. include,
      source, build .. "/libhayes-at.a", "-o", program, ... }
    Process.run { program }
  end

  it("refuses what exceeds a limit, keeps the order of events, gives back what it borrows, and needs no heap", function()
    run_checks("spec/support/at_check.c")
  end)

  it("refuses what its state, or the room in its tables, does not allow", function()
    run_checks("spec/support/at_states.c")
  end)

  it("has parts each of which, tested alone, does what its header says", function()
    run_checks("spec/support/at_units.c", "-Icsrc")
  end)

  it("has a header that C++ takes", function()
    local source = folder .. "/check.cc"
    local file <close> = assert(io.open(source, "w"))
    assert(file:write("#include <hayes/at.h>\nint main() { at_arena arena = {nullptr, 0, 0};\n",
      "at_alloc alloc = at_arena_alloc(&arena); return at_engine_new(&alloc, nullptr) != nullptr; }\n"))
    file:close()
    compile("c++", source, folder .. "/check++", "-std=c++11", "-Wpedantic")
    Process.run { folder .. "/check++" }
  end)

  it("fetches a page through the module with the program of examples/c", function()
    compile("cc", "examples/c/fetch.c", folder .. "/fetch", "-std=c11", "-D_DEFAULT_SOURCE")
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    local emulator <close> = assert(hayes.emulator { resolve = { ["server.example"] = "127.0.0.1" } })
    local page = "HTTP/1.0 200 OK\r\n\r\n" .. ("a line of the page\n"):rep(500)
    local program <close> = assert(io.popen(Process.quote { folder .. "/fetch", emulator.address, "server.example", port }))
    server:settimeout(60)
    local peer = assert(server:accept())
    assert.are.same("GET / HTTP/1.0", peer:receive("*l"))
    assert(peer:send(page))
    peer:close()
    server:close()
    assert.are.same(page, program:read("a"))
  end)

  it("is found by pkg-config, and taken out again", function()
    local text = Process.run { "env", "PKG_CONFIG_PATH=" .. library .. "/pkgconfig", "pkg-config", "--libs", "hayes-at" }
    assert.is_truthy(text:find("-lhayes-at", 1, true))
    Process.run { "make", "-s", "uninstall-at", "DESTDIR=" .. folder .. "/root", "PREFIX=/usr" }
    assert.are.same("", Process.run { "find", folder .. "/root", "-type", "f" })
  end)
end)

-- The man pages and the completion files.

local lab = require "support.lab"
local parser = require "hayes.cli.parser"
local Process = require "support.process"

local emulator = (os.getenv("HAYES_BUILD") or "build") .. "/hayes-emulator"

local function exists(program)
  return Process.run({ "sh", "-c", "command -v " .. program .. " || true" }) ~= ""
end

describe("Of the command hayes", function()
  local share, help

  setup(function()
    share = lab.folder() .. "/share"
    help = Process.run { emulator, "--help" }
    require("hayes.cli.manual").write(share, help)
  end)

  local function read(path)
    local file <close> = assert(io.open(share .. "/" .. path))
    return file:read "a"
  end

  --- The page as a terminal shows it, without bold; nil: there is no groff.
  local function shown(page)
    if not exists "groff" then return nil end
    local path = share .. "/man/man1/" .. page
    assert.are.equal("", Process.run { "sh", "-c", "groff -man -ww -z -Tascii " .. path .. " 2>&1" })
    return Process.run { "sh", "-c", "groff -man -Tascii -P-c -P-b -P-u " .. path }
  end

  it("the man page has every command, argument and option, and groff has nothing to complain of", function()
    local text = shown "hayes.1"
    if not text then return end
    local flat = text:gsub("%s+", " ")
    local function visit(command)
      assert.is_truthy(flat:find(command:_get_fullname(), 1, true))
      for _, option in ipairs(command._options) do
        local name = option._aliases[#option._aliases]
        if name ~= "--help" then assert.is_truthy(flat:find(name, 1, true), name) end
      end
      for _, one in ipairs(command._commands) do visit(one) end
    end
    visit(parser.new())
    assert.is_nil(text:find("\\", 1, true) and text:match "\\[^rn]")
    local example = [['AT+QSSLOPEN=1,0,4,"example.com",443,2']]
    assert.is_truthy(text:find(example, 1, true))
  end)

  it("the emulator's page has each line of its help", function()
    local text = shown "hayes-emulator.1"
    if not text then return end
    for option in help:gmatch "\n  (%-%-[%w-]+)" do
      assert.is_truthy(text:find("\n *" .. option:gsub("%-", "%%-") .. "%f[^%w-]"), option)
    end
    assert.is_truthy(text:gsub("%s+", " "):find("listen on PORT of 127.0.0.1 (0: any free port) when the module is told to",
      1, true))
  end)

  it("the completion files are read by their shells without complaint", function()
    local files = { bash = "bash-completion/completions/hayes", zsh = "zsh/site-functions/_hayes",
      fish = "fish/vendor_completions.d/hayes.fish" }
    for shell, path in pairs(files) do
      assert.is_truthy(read(path):find("emulate", 1, true))
      local check = ("%s -n %s/%s 2>&1"):format(shell, share, path)
      if exists(shell) then assert.are.equal("", Process.run { "sh", "-c", check }) end
    end
  end)

  it("bash completes commands and options", function()
    local script = [[. "$0"; COMP_WORDS=(hayes wifi jo); COMP_CWORD=2; _hayes; echo "${COMPREPLY[*]}"
      COMP_WORDS=(hayes info --diag); COMP_CWORD=2; _hayes; echo "${COMPREPLY[*]}"]]
    assert.are.equal("join\n--diagnose\n", Process.run { "bash", "-c", script, share .. "/bash-completion/completions/hayes" })
  end)
end)

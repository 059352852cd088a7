-- certificates = "slots": a module with one CA, one certificate and one key for all connections. Two openings never mix
-- theirs up, and what an open connection needs stays.

local folders = require "support.folder"
local hayes = require "hayes"
local pki = require "support.pki"
local scripted_module = require "support.scripted_module"

local OK, prompt = scripted_module.OK, scripted_module.prompt

local function dialect()
  local id = { name = "id", type = "integer", min = 0, max = 1 }
  local length = { name = "length", type = "integer", min = 1, max = 4000 }
  local function slot(name)
    return { name = name, params = { length }, data = { length = "length" }, timeout = 5 }
  end
  return {
    name = "slots", protocol = { eol = "\r", prompt = ">", cancel = "" },
    finals = { { "OK", success = true }, { "ERROR" } }, boot = { "RDY" },
    urcs = { { name = "+RD", summary = "data", answer = { { name = "id" }, { name = "length" } },
      block = { length = 2, fields = 2 } } },
    commands = {
      { name = "+OP", params = { id, { name = "host", type = "string" } }, timeout = 60 },
      { name = "+SD", params = { id, length }, data = { length = "length" }, timeout = 5 },
      { name = "+CL", params = { id }, timeout = 5 }, slot "+CA", slot "+CERT", slot "+KEY",
    },
    links = { ssl = {
      kind = "SSL", ids = { first = 0, last = 1 }, open = { { "+OP", "$id", "$host" } },
      send = { "+SD", "$id", "$length", most = 100 }, close = { "+CL", "$id" },
      data = { { urc = "+RD", id = "id" } }, closed = {},
      tls = { certificates = "slots",
        slots = { ca = { "+CA", "$length" }, certificate = { "+CERT", "$length" }, key = { "+KEY", "$length" } } },
    } },
  }
end

describe("A module with slots for certificates", function()
  local folder = folders.new "link_slots"
  local answers, module, modem, slots, opened_with

  setup(function() pki.make(folder, "server.example") end)

  before_each(function()
    slots, opened_with = {}, {}
    answers = {
      ["^AT%+CL=%d$"] = OK,
      ["^AT%+(C?[AK]%u*)=(%d+)$"] = prompt(function(bytes, name)
        slots[name] = bytes
        return OK
      end),
      ["^AT%+OP=%d,\"(.+)\"$"] = function(_, host)
        opened_with[host] = slots.CA or "nothing"
        return OK
      end,
    }
    module, modem = scripted_module.open(answers, dialect())
  end)

  after_each(function() scripted_module.close(modem) end)

  local function writes()
    local count = 0
    for _, line in ipairs(module.lines) do
      if line:find "^AT%+CA=" then count = count + 1 end
    end
    return count
  end

  local root, other = folder .. "/root.pem", folder .. "/other.pem"

  it("gets the CA before the opening, once", function()
    local sock = assert(modem.ssl.open("a", 443, { ca = root }))
    assert(modem.ssl.open("b", 443, { ca = root })):close()
    assert.are.same({ pki.read(root), 1 }, { opened_with.b, writes() })
    assert.is_true(sock.verified)
  end)

  it("keeps what an open connection needs, and takes another when that is closed", function()
    local sock = assert(modem.ssl.open("a", 443, { ca = root }))
    local refused, err = modem.ssl.open("b", 443, { ca = other })
    assert.are.same({ nil, "slots_in_use", 1 }, { refused, err.name, writes() })
    assert(modem.ssl.open("c", 443, { verify = "none" })):close()
    sock:close()
    assert(modem.ssl.open("b", 443, { ca = other }))
    assert.are.same(pki.read(other), opened_with.b)
  end)

  it("gets the CA of each of two that are opened at once, or refuses one of them", function()
    module.delay = 1
    local results = {}
    hayes.run(function()
      local tasks = {}
      for host, ca in pairs { a = root, b = other } do
        tasks[host] = hayes.spawn(function() return modem.ssl.open(host, 443, { ca = ca }) end)
      end
      for host, task in pairs(tasks) do
        local _, sock, err = task:join()
        results[host] = sock and pki.read(host == "a" and root or other) == opened_with[host] or err.name
      end
    end)
    module.delay = 0
    local names = { tostring(results.a), tostring(results.b) }
    table.sort(names)
    assert.are.same({ "slots_in_use", "true" }, names)
  end)

  it("gets it again after a restart, and after a write that failed", function()
    assert(modem.ssl.open("a", 443, { ca = root }))
    module:say "\r\nRDY\r\n"
    hayes.sleep(20)
    slots = {}
    assert(modem.ssl.open("a", 443, { ca = root })):close()
    assert.are.same({ pki.read(root), 2 }, { opened_with.a, writes() })
    local line = ("AT+CA=%d"):format(#pki.read(other))
    answers[line] = "\r\nERROR\r\n"
    assert.is_nil(modem.ssl.open("a", 443, { ca = other }))
    answers[line] = nil
    assert(modem.ssl.open("a", 443, { ca = root }))
    assert.are.same(4, writes())
  end)

  it("opens nothing with what it was given before a restart", function()
    local pattern = "^AT%+(C?[AK]%u*)=(%d+)$"
    local usual = answers[pattern]
    answers[pattern] = prompt(function() return OK .. "\r\nRDY\r\n" end)
    local sock, err = modem.ssl.open("a", 443, { ca = root })
    assert.are.same({ nil, "reboot" }, { sock, err and err.name })
    hayes.sleep(60)
    assert.are.same({}, opened_with)
    answers[pattern] = usual
    assert(modem.ssl.open("a", 443, { ca = root }))
    assert.are.same(pki.read(root), opened_with.a)
  end)

  it("is not opened unverified by accident", function()
    assert.is_false(pcall(modem.ssl.open, "a", 443))
    assert.is_false(pcall(modem.ssl.open, "a", 443, { verify = "mutual", ca = root }))
    assert.are.same({}, opened_with)
  end)
end)

-- The emulator answers the examples of the vendor notes as the notes say, framed exactly like real modules. Addresses,
-- port numbers and the name of the port are the emulator's own.

local hayes = require "hayes"
local lab = require "support.lab"
local Peer = require "support.tls_peer"
local pki = require "support.pki"
local Terminal = require "support.terminal"

--- Replaces what differs between modules and runs.
local function general(text)
  text = text:gsub('"%d+%.%d+%.%d+%.%d+"', '"<address>"'):gsub('"usbmodem"', '"<port>"'):gsub('"uart1"', '"<port>"')
  return (text:gsub('(%+QSSLSTATE: %d+,"SSLClient","<address>",%d+),%d+', "%1,<local>"))
end

--- The bytes of the answer that a vector describes, echo off.
local function wire(exchange)
  local bytes = ""
  for i, line in ipairs(exchange.info or {}) do
    bytes = bytes .. (i == 1 and "\r\n" or "") .. line .. "\r\n"
    if i == 1 and exchange.block then bytes = bytes .. exchange.block .. "\r\n" end
  end
  bytes = bytes .. "\r\n" .. (exchange.final or "OK") .. "\r\n"
  for _, line in ipairs(exchange.deferred or {}) do bytes = bytes .. "\r\n" .. line .. "\r\n" end
  return bytes
end

local function literally(text) return (text:gsub("%p", "%%%0")) end

describe("The emulator answers the examples of the SSL note, chapters 3.1 to 3.3:", function()
  local terminal, emulator, peer

  setup(function()
    local folder = lab.folder()
    -- The example speaks TLS 1.0 with TLS_RSA_WITH_AES_256_CBC_SHA, to an address.
    peer = Peer.start(folder, { protocol = "tlsv1" })
    emulator = assert(hayes.emulator { resolve = { ["220.180.239.212"] = "127.0.0.1:" .. peer.port }, echo = false })
    terminal = Terminal.open(emulator.address)
    local ca = pki.read(folder .. "/root.pem")
    terminal:type(('AT+QFUPL="UFS:cacert.pem",%d\r'):format(#ca))
    terminal:until_("\r\nCONNECT\r\n")
    terminal:type(ca)
    assert(terminal:until_("\r\n%+QFUPL: %d+,%x+\r\n\r\nOK\r\n"))
    -- The server's certificate is for a name, and the example connects to an address: bit 4 lets the name differ.
    terminal:type('AT+QSSLCFG="ignorecertitem",1,4\r')
    terminal:until_("\r\nOK\r\n")
  end)

  teardown(function()
    terminal:close()
    emulator:close()
    peer:close()
  end)

  local function play(exchange)
    if exchange.urc then
      assert.are.same("\r\n" .. exchange.urc .. "\r\n", terminal:until_(literally(exchange.urc) .. "\r\n"))
      return
    end
    if exchange[1]:find("QSSLOPEN", 1, true) then peer:begin("accept") end
    if exchange[1]:find("QSSLSEND=4,18", 1, true) then peer:begin("receive", 36) end
    terminal:type(exchange[1] .. "\r")
    if exchange.data then
      assert.are.same("\r\n> ", terminal:until_("> "))
      terminal:type(exchange.data)
    end
    local expected = general(wire(exchange))
    local seen = ""
    while #general(seen) < #expected do seen = seen .. terminal:until_("\r\n") end
    assert.are.same(expected, general(seen))
    if exchange[1]:find("QSSLOPEN", 1, true) then
      assert.are.same("TLSv1", assert(peer:finish()):match("^%S+ (%S+)"))
    elseif exchange[1]:find("QSSLSEND=4,18", 1, true) then
      -- Both sends have arrived; the server says the same words.
      assert(peer:finish())
      assert.are.same(("Test data from SSL"):rep(2), peer.control:receive(36))
      peer.control:receive(1)
      assert(peer:send("Test data from SSL"))
    end
  end

  local vectors = require "vectors.ssl_note"

  -- The note deactivates the context (3.1.3) before it goes on; here that comes last, as it would in life.
  local order = {}
  for _, vector in ipairs(vectors) do
    if vector.name ~= "deactivate a PDP context" then order[#order + 1] = vector end
  end
  order[#order + 1] = vectors[3]

  for _, vector in ipairs(order) do
    it(vector.source .. ": " .. vector.name, function()
      for _, exchange in ipairs(vector) do play(exchange) end
    end)
  end
end)

describe("The emulator with echo reproduces recorded bytes:", function()
  local terminal, emulator

  setup(function()
    emulator = assert(hayes.emulator())
    terminal = Terminal.open(emulator.address)
  end)

  teardown(function()
    terminal:close()
    emulator:close()
  end)

  local function answer(line, pattern)
    terminal:type(line .. "\r")
    return terminal:until_(pattern or "OK\r\n")
  end

  it("the echo is the line and CR, and answers are framed by CR LF like those of a BG770A", function()
    assert.are.same("AT\r\r\nOK\r\n", answer("AT"))
    assert.are.same("AT+CPIN?\r\r\n+CPIN: READY\r\n\r\nOK\r\n", answer("AT+CPIN?"))
    assert.are.same("AT+QIACT?\r\r\nOK\r\n", answer("AT+QIACT?"))
    assert.are.same("AT+QIGETERROR\r\r\n+QIGETERROR: 0,operate successfully\r\n\r\nOK\r\n", answer("AT+QIGETERROR"))
    assert.are.same("AT+QIDNSCFG=1\r\r\nERROR\r\n", answer("AT+QIDNSCFG=1", "ERROR\r\n"))
    assert.are.same("AT+NONEXISTENT\r\r\nERROR\r\n", answer("AT+NONEXISTENT", "ERROR\r\n"))
  end)

  it("identification matches that of an EC200U", function()
    assert.are.same("ATI\r\r\nQuectel\r\nEC200U\r\nRevision: EC200UCNAAR03A15M08\r\n\r\nOK\r\n", answer("ATI"))
  end)

  it("ATE0 itself is echoed, but nothing after it", function()
    assert.are.same("ATE0\r\r\nOK\r\n", answer("ATE0"))
    assert.are.same("\r\nOK\r\n", answer("AT"))
    assert.are.same("\r\nOK\r\n", answer("ATE1"))
    assert.are.same("AT\r\r\nOK\r\n", answer("AT"))
  end)

  it("settings are read back as set, with 0X in upper case", function()
    answer('AT+QSSLCFG="ciphersuite",2,0xFFFF')
    assert.are.same('AT+QSSLCFG="ciphersuite",2\r\r\n+QSSLCFG: "ciphersuite",2,0XFFFF\r\n\r\nOK\r\n',
      answer('AT+QSSLCFG="ciphersuite",2'))
    assert.are.same('AT+QSSLCFG="ciphersuite",2,"0XFFFF"\r\r\nERROR\r\n', answer('AT+QSSLCFG="ciphersuite",2,"0XFFFF"',
      "ERROR\r\n"))
  end)

  it("errors are texts, numbers or ERROR, depending on CMEE", function()
    emulator:control("set sim absent")
    terminal:until_("NOT INSERTED\r\n")
    answer("ATE0")
    answer("AT+CMEE=0")
    assert.are.same("\r\nERROR\r\n", answer("AT+CPIN?", "ERROR\r\n"))
    answer("AT+CMEE=1")
    assert.are.same("\r\n+CME ERROR: 10\r\n", answer("AT+CPIN?", "ERROR: [^\r]+\r\n"))
    answer("AT+CMEE=2")
    assert.are.same("\r\n+CME ERROR: SIM not inserted\r\n", answer("AT+CPIN?", "ERROR: [^\r]+\r\n"))
  end)

  it("both directions carry baud / 10 bytes per second", function()
    local socket = require "socket"
    local slow <close> = assert(hayes.emulator { baud = 9600, echo = false })
    local at = Terminal.open(slow.address)
    at:type("AT+QSSLCFG=?\r")
    local started = socket.gettime()
    local answered = at:until_("\r\nOK\r\n")
    local seconds = socket.gettime() - started
    at:close()
    -- Not a measurement: no byte may come earlier than the line could carry it.
    assert.is_true(seconds >= #answered / 960 * 0.9, ("%d bytes in %.3f s"):format(#answered, seconds))
  end)
end)

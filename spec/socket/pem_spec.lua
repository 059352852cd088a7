-- What is given for ca, certificate and key is looked into before anything of it gets into the module.

local Process = require "support.process"
local hayes = require "hayes"
local lab = require "support.lab"
local pki = require "support.pki"
local raises = require "support.raises"

describe("What is given for ca, certificate and key", function()
  local folder, pem

  setup(function()
    folder = lab.folder()
    local function openssl(...) Process.run({ "openssl", ... }, { folder = folder }) end
    openssl("req", "-new", "-key", "server.key", "-subj", "/CN=x", "-out", "request.pem")
    openssl("pkey", "-in", "server.key", "-pubout", "-out", "public.pem")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "curve.key")
    openssl("pkey", "-in", "server.key", "-aes128", "-traditional", "-passout", "pass:x", "-out", "encrypted.key")
    openssl("x509", "-in", "server.pem", "-trustout", "-out", "trusted.pem")
    pem = { certificate = pki.read(folder .. "/root.pem"), chain = pki.read(folder .. "/chain.pem"),
      key = pki.read(folder .. "/server.key"), request = pki.read(folder .. "/request.pem"),
      public = pki.read(folder .. "/public.pem"), curve = pki.read(folder .. "/curve.key"),
      encrypted = pki.read(folder .. "/encrypted.key"), trusted = pki.read(folder .. "/trusted.pem") }
  end)

  --- What is wrong with each, by option: { what is given, a part of the message }.
  local function wrong()
    local certificate, key = pem.certificate, pem.key
    local half = certificate:sub(1, #certificate // 2)
    local shortened = certificate:gsub("\n[^\n]+(\n%-%-%-%-%-END)", "%1")
    local damaged = certificate:gsub("\n(%w%w%w%w%w)", "\n%1?", 1)
    return {
      ca = { { key, "holds a private key" }, { pem.chain .. key, "holds a private key" }, { pem.request, "(CSR)" },
        { pem.public, "holds a public key" }, { half, "cut off" }, { half .. "\n" .. certificate, "cut off" },
        { shortened, "cut off" }, { damaged, "not base64" }, { "", "is empty" }, { "\r\n \n", "is empty" },
        { "\xEF\xBB\xBF" .. certificate, "byte order mark" }, { "\xFF\xFE-\0-\0", "UTF-16" }, { "\x30\x82\x01", "not PEM" },
        { pem.trusted, "openssl x509" }, { certificate:gsub("\n.*\n%-", "\n-"), "nothing between" } },
      certificate = { { key, "holds a private key" }, { certificate .. key, "holds a private key" },
        { pem.request, "(CSR)" }, { half, "cut off" } },
      key = { { certificate, "holds a certificate" }, { key .. certificate, "holds a certificate" },
        { pem.public, "holds a public key" }, { key:sub(1, 300), "cut off" }, { pem.curve:match("^.-END.-\n"), "no private key" },
        { key .. pem.curve, "more than one" }, { "", "is empty" } },
    }
  end

  --- The calls that take a certificate, with one option replaced.
  local function calls_of(modem, option, given)
    local options = { verify = "mutual", ca = { pem = pem.certificate }, certificate = { pem = pem.certificate },
      key = { pem = pem.key } }
    options[option] = { pem = given }
    local list = { function() modem.ssl.open("server.example", 443, options) end }
    if modem.ssl.factory then list[#list + 1] = function() modem.ssl.factory(options) end end
    if modem.certificates and modem.certificates.set then
      list[#list + 1] = function() modem.certificates.set(option, { pem = given }) end
    end
    return list
  end

  for _, module in ipairs { "EC200U", "Ai-WB2" } do
    it("is refused, and not sent, when it is of no use: " .. module, function()
      local sent = {}
      local modem <close> = assert(hayes.open("emulator:" .. module, {
        trace = function(line) sent[#sent + 1] = line:match("> .*") end }))
      local before = #sent
      for option, cases in pairs(wrong()) do
        for _, case in ipairs(cases) do
          for _, call in ipairs(calls_of(modem, option, case[1])) do
            local message = raises(call)
            assert.is_truthy(message:find(option, 1, true), message)
            assert.is_truthy(message:find(case[2], 1, true), message)
            assert.is_nil(message:find(pem.key:sub(60, 100), 1, true), message)
          end
        end
      end
      assert.are.same(before, #sent)
    end)
  end

  it("is taken whatever stands around the blocks, and however its lines end", function()
    local problem = require("hayes.tls.pem_blocks").problem
    assert.is_nil(problem("ca", "Issuer: me\n" .. pem.certificate .. "# another\n" .. pem.chain))
    assert.is_nil(problem("ca", (pem.certificate:gsub("\n", "\r\n"))))
    assert.is_nil(problem("certificate", pem.chain))
    assert.is_nil(problem("key", pem.curve))
    assert.is_nil(problem("key", pem.encrypted))
    -- What is encrypted may begin with any byte, such as that of an element with a length.
    assert.is_nil(problem("key", (pem.encrypted:gsub("\n\n%w%w", "\n\nMA"))))
    assert.is_nil(problem("key", "\n" .. pem.key .. "\n\n"))
  end)
end)

--- PEM looked into: the blocks of a file, and whether they are what an option takes (RFC 7468).

local pem_blocks = {}

---@class hayes.pem_block
---@field label string      `CERTIFICATE`
---@field base64 string     its body, without white space
---@field complete boolean  it has its END line
---@field encrypted boolean its bytes are encrypted: they say nothing of themselves

local digits = {}
for i = 1, 64 do
  digits[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(i)] = i - 1
end

--- How many bytes a text of base64 stands for; nil if it is none.
local function count_bytes(text)
  local body = text:gsub("=?=?$", "", 1)
  if body:find("[^%w+/]") or #body % 4 == 1 then return nil end
  return #body * 3 // 4
end

--- The bytes that base64 stands for; nil if it is none.
---@param text string without white space
---@return string?
function pem_blocks.decode(text)
  if not count_bytes(text) then return nil end
  local bytes, bits, count = {}, 0, 0
  for digit in text:gmatch("[^=]") do
    bits, count = bits << 6 | digits[digit:byte()], count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(bits >> count & 0xFF)
      bits = bits & ((1 << count) - 1)
    end
  end
  return table.concat(bytes)
end

--- The base64 of a block, and whether a header says that it is encrypted (`Proc-Type: 4,ENCRYPTED`).
local function body_of(text)
  local head, rest = text:match("^(%s*[%w-]+:.-)\r?\n%s*\r?\n(.*)$")
  return ((head and rest or text):gsub("%s+", "")), head ~= nil
end

--- The blocks of a text, in order.
---@param text string
---@return hayes.pem_block[]
function pem_blocks.split(text)
  local blocks, at = {}, 1
  while true do
    local _, stop, label = text:find("%-%-%-%-%-BEGIN ([%u%d ]+)%-%-%-%-%-", at)
    if not stop then return blocks end
    local ending = ("-----END %s-----"):format(label)
    local finish = text:find(ending, stop + 1, true)
    local next_one = text:find("-----BEGIN ", stop + 1, true)
    local complete = finish ~= nil and not (next_one and next_one < finish)
    local body = text:sub(stop + 1, complete and finish - 1 or next_one and next_one - 1 or #text)
    local base64, encrypted = body_of(body)
    blocks[#blocks + 1] = { label = label, base64 = base64, encrypted = encrypted, complete = complete }
    at = complete and finish + #ending or next_one or #text + 1
  end
end

local function is_key(label) return label:find("PRIVATE KEY$") ~= nil end

--- What a block is called in messages.
local function kind_of(label)
  if is_key(label) then return "a private key" end
  if label == "CERTIFICATE" then return "a certificate" end
  if label:find("CERTIFICATE REQUEST$") then return "a certificate request (CSR)" end
  if label == "PUBLIC KEY" or label == "RSA PUBLIC KEY" then return "a public key" end
  return ("a block %q"):format(label)
end

local advice = {
  ["a certificate request (CSR)"] = "; give the certificate that the CA has made of it",
  ["a public key"] = "; give the private key that it was made from",
  ['a block "TRUSTED CERTIFICATE"'] = "; openssl x509 -in FILE converts it",
  ['a block "X509 CERTIFICATE"'] = "; openssl x509 -in FILE converts it",
  ['a block "PKCS7"'] = "; openssl pkcs7 -print_certs -in FILE converts it",
}

--- What each option takes. The curve of an EC key may stand before it, as openssl ecparam -genkey writes it.
local takes = {
  ca = { what = "a certificate", main = function(label) return label == "CERTIFICATE" end },
  certificate = { what = "a certificate", main = function(label) return label == "CERTIFICATE" end },
  key = { what = "a private key", main = is_key, beside = { ["EC PARAMETERS"] = true } },
}

--- How many bytes a DER element has by its own length field; nil if it has none.
local function der_length(bytes)
  local first = bytes:byte(2)
  if not first then return nil end
  if first < 0x80 then return 2 + first end
  local count = first - 0x80
  if count < 1 or count > 4 or #bytes < 2 + count then return nil end
  return 2 + count + (string.unpack(">I" .. count, bytes, 3))
end

--- Why a block is no whole one; nil: it is.
local function damage(block)
  local label = block.label
  if not block.complete then return ("its -----END %s----- line is missing: the text is cut off"):format(label) end
  if block.base64 == "" then return ("there is nothing between BEGIN %s and END"):format(label) end
  local size = count_bytes(block.base64)
  if not size then return ("what stands in the block %s is not base64: it is damaged or cut off"):format(label) end
  local head = pem_blocks.decode(block.base64:sub(1, 8))
  if block.encrypted or head:byte() ~= 0x30 then return nil end
  local length = der_length(head)
  if length ~= size then
    return ("the block %s has %d bytes%s: it is damaged or cut off"):format(label, size,
      length and (", and says that it has %d"):format(length) or "")
  end
end

--- More than one key in a file, and a module takes either.
local function count_keys(blocks)
  local keys = 0
  for _, block in ipairs(blocks) do keys = keys + (is_key(block.label) and 1 or 0) end
  return keys
end

local function only_beside(option, blocks)
  for _, block in ipairs(blocks) do
    if option.main(block.label) then return false end
  end
  return true
end

--- Why an option (ca, certificate, key) does not take this text, as the end of a sentence that begins with its name;
--- nil: it takes it. An option of another name takes any block. Nothing of the text is quoted.
---@param what string
---@param text string
---@return string?
function pem_blocks.problem(what, text)
  if not text:find("%S") then return "is empty" end
  if text:sub(1, 2) == "\xFF\xFE" or text:sub(1, 2) == "\xFE\xFF" then
    return "is UTF-16 text; save it as plain ASCII"
  end
  if text:sub(1, 3) == "\xEF\xBB\xBF" then
    return "begins with a byte order mark (BOM); save it without one, as plain ASCII"
  end
  local blocks = pem_blocks.split(text)
  if #blocks == 0 then
    return "is not PEM (it has no -----BEGIN line); openssl x509 -inform der -in FILE converts it"
  end
  local option = takes[what]
  for _, block in ipairs(blocks) do
    if option and not option.main(block.label) and not (option.beside and option.beside[block.label]) then
      local kind = kind_of(block.label)
      return ("holds %s, and %s takes %s alone%s"):format(kind, what, option.what, advice[kind] or "")
    end
    local words = damage(block)
    if words then return "is of no use: " .. words end
  end
  if option and only_beside(option, blocks) then return ("holds no private key, which %s must be"):format(what) end
  if option and count_keys(blocks) > 1 then return "holds more than one private key" end
end

return pem_blocks

--- hayes http: fetches a URL through the module.

local progress = require "hayes.cli.progress"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local http = {}

local MOST_REDIRECTS = 5
local is_redirect = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

function http.define(command)
  command:description "Fetch a URL through the module, to standard output or a file."
  command:argument("url", "https://… or http://…; without a scheme, https.")
  target.define_network(command)
  target.define_tls(command)
  command:option("-o --output", "Write the body to this file."):argname "<file>"
  command:option("-X --method", "The request's method (GET; with --data POST)."):argname "<method>"
  command:option("-H --header", "A header, such as 'Accept: text/plain'; may be repeated."):argname "<line>":count "*"
  command:option("-d --data", "The body to send: text, @FILE, or - for standard input."):argname "<data>"
  command:flag("-i --include", "Print the status and the headers first.")
  command:epilog("Examples:\n   hayes http --ca isrg-root-x1.pem https://example.com/\n"
    .. "   hayes http --ca ca.pem -d @report.json -H 'Content-Type: application/json' https://example.com/in\n\n"
    .. "A status of 400 and above gives exit status 1; the body is printed all the same.")
end

local function read_data(given)
  if not given then return nil end
  local path = given:match "^@(.+)$"
  if given == "-" then return io.read "a" end
  if not path then return given end
  local file, err = io.open(path, "rb")
  if not file then stop.wrong_use("the data cannot be read: %s", err) end
  local bytes = file:read "a"
  file:close()
  return bytes
end

local function headers_of(lines, data)
  local headers = {}
  for _, line in ipairs(lines or {}) do
    local name, value = line:match "^([%w%-_]+):%s*(.-)%s*$"
    if not name then stop.wrong_use("--header %s: write it as 'Name: value'", line) end
    headers[name:lower()] = value
  end
  if data then headers["content-length"] = tostring(#data) end
  return headers
end

--- A sink for the body, which counts.
local function counting_sink(file, total, show)
  local done = 0
  return function(chunk)
    if not chunk then return 1 end
    local ok, err = file:write(chunk)
    if not ok then return nil, err end
    done = done + #chunk
    show(done, total())
    return 1
  end
end

--- What LuaSocket's contract has in place of an error.
local words = { closed = true, timeout = true, ["connection refused"] = true,
  ["host or service not provided, or not known"] = true }

local function one_request(run, modem, url, request)
  local client = require "socket.http"
  local ltn12 = require "ltn12"
  local make = url:find "^https:" and modem.ssl.factory(target.tls(run.arguments)) or modem.tcp.factory()
  local made
  local function create()
    made = make()
    return made
  end
  local headers = {}
  for name, value in pairs(request.headers) do headers[name] = value end
  local socket
  local ok, status, received = client.request {
    url = url, method = request.method, headers = headers, redirect = false, sink = request.sink,
    source = request.data and ltn12.source.string(request.data) or nil,
    create = function()
      socket = create()
      return socket
    end,
  }
  if not ok and socket then status = socket:lasterror() or status end
  return ok, status, received
end

local function with_scheme(url)
  if url:find "^https?://" then return url end
  local scheme = url:match "^(%a[%w+.-]*)://"
  if scheme then stop.wrong_use("%s is no URL that can be fetched: it must begin with https:// or http://", url) end
  return "https://" .. url
end

local function show_head(status, headers)
  print("HTTP " .. status)
  local names = {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do print(name .. ": " .. headers[name]) end
  print()
end

function http.run(run)
  local arguments = run.arguments
  local url = with_scheme(arguments.url)
  local data = read_data(arguments.data)
  local headers = headers_of(arguments.header, data)
  if url:find "^https:" then target.tls(arguments) end -- told before the module does anything
  local modem = target.go_on_line(run)
  local file = io.stdout
  if arguments.output then
    local err
    file, err = io.open(arguments.output, "wb")
    if not file then stop.wrong_use("the output cannot be written: %s", err) end
  end
  local show, finish = progress.new(run.out)
  local request = { method = arguments.method or (data and "POST" or "GET"), headers = headers, data = data,
    sink = counting_sink(file, function() end, show) }
  local ok, status, received
  for _ = 1, MOST_REDIRECTS + 1 do
    ok, status, received = one_request(run, modem, url, request)
    if not ok or not is_redirect[status] or not received.location then break end
    url = require("socket.url").absolute(url, received.location)
  end
  finish()
  if file ~= io.stdout then file:close() end
  if not ok then stop.with(stop.status_of(status), status) end
  if arguments.include then show_head(status, received) end
  if is_redirect[status] then stop.with(stop.REFUSED, ("more than %d redirects"):format(MOST_REDIRECTS)) end
  if status >= 400 then stop.with(stop.REFUSED, ("the server answered with status %d"):format(status)) end
end

return http

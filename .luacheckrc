std = "lua54"
max_line_length = 120
ignore = { "211/_.+" }
files["spec"] = { std = "+busted", max_line_length = 130 }
exclude_files = { "build" }

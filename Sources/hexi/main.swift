import Glibc

// Nothing else belongs here: this file's top level is bound to the main actor.
exit(await HexiProgram.program().run(Array(CommandLine.arguments.dropFirst())).rawValue)

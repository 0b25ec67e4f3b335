"""One mode of autobahntestsuite (Python 2.7), for suite.js: `wstest.py fuzzingclient|fuzzingserver SPEC`.

The suite's own command listens on every interface, on a port that has to be chosen for it, and writes thousands of
files at the very end. Here it listens on a free port of the loopback interface, and each result is a line of standard
output as soon as it is known. The key `count` of the spec is the number of messages of each case of sections 12 and
13, in place of the suite's 1,000.
"""

from __future__ import print_function

import json
import os
import site
import sys

# The suite prints, from its import on; standard output is for our lines alone.
answers = sys.stdout
sys.stdout = sys.stderr

# `pip --target` leaves namespace packages to .pth files, which PYTHONPATH does not read.
site.addsitedir(os.environ['PYTHONPATH'])

from autobahntestsuite import choosereactor  # Must come before everything else of Twisted.
from autobahntestsuite import fuzzing
from autobahntestsuite.case.case12_x_x import Case12_X_X, Case13_X_X
from twisted.internet import reactor

REPORTED = ['id', 'behavior', 'behaviorClose', 'result', 'resultClose', 'remoteCloseCode', 'duration']


def answer(kind, value):
    """Writes one line, at once."""
    answers.write(json.dumps([kind, value]) + '\n')
    answers.flush()


def report(_factory, result):
    """Takes the place of the method that keeps a result for the report."""
    answer('result', dict((key, result[key]) for key in REPORTED))


def listen(factory, _tls=None):
    """Takes the place of the function that listens on all interfaces, and says which port was free."""
    port = reactor.listenTCP(0, factory, interface='127.0.0.1').getHost().port
    # A request whose Host names another port is refused.
    factory.setSessionParameters(url='ws://127.0.0.1:%d' % port)
    answer('listening', port)


def main(mode, spec_file):
    with open(spec_file) as spec_text:
        spec = json.load(spec_text)
    for case in Case12_X_X + Case13_X_X:
        case.COUNT = spec['count']
    fuzzing.FuzzingFactory.logCase = report
    fuzzing.FuzzingFactory.createReports = lambda *_args: None
    fuzzing.listenWS = listen

    if mode == 'fuzzingclient':
        fuzzing.startClient(spec)
    else:
        fuzzing.startServer(spec, None)
    reactor.run()


main(*sys.argv[1:])

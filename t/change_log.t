#!/usr/bin/perl

# srv_registrar_log with a variable that gets its value from another one of the
# same line, as a map's named capture does.  The line was once measured while
# that was empty and written when it was not, beyond the end of its memory.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(http => <<'END');
map $http_user_agent $kind {
    "~^(?<agent>.*)$" known;
}
srv_registrar_log %%DIR%%/changes.log '$agent|$kind|$agent';
srv_registrar_log %%DIR%%/json.log escape=json '"$agent" "$kind"';
END
$t->start();

my $device = $t->device('device');
my $quotes = '"' x 3000;

$device->enroll();

for my $agent ('short', $quotes, 'short') {
    is(outcome($device->register(1, headers => [['User-Agent', $agent]])),
        '200', 'registered');
}

my @lines = split(/\n/, $t->read('changes.log'));

is(scalar(@lines), 4, 'a line for each change');
is($lines[0], '-||-', 'of a client that does not say what it is');
is($lines[1], 'short|known|short', 'a value that comes from a later one');
ok($lines[2] eq join('|', '\x22' x 3000, 'known', '\x22' x 3000),
    'one that is long when it is written');
is($lines[3], 'short|known|short', '... and the next is as before');
ok((split(/\n/, $t->read('json.log')))[2]
    eq '"' . '\u0022' x 3000 . '" "known"', 'in JSON, too');

done_testing();

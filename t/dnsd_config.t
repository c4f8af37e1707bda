#!/usr/bin/perl

# The configuration file, `dnsd --check`, and who wins.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();
my $dir = $d->{dir};
my $listen = "$d->{address}\@$d->{port}";
my $good = "store $d->{store}\nlisten $listen\n";

$d->fill($d->ZONE . $d->DEVICE);
$d->allow_log(qr/./);               # this test reads the log itself

# Lines after two good ones: what is said, undef where there is no mistake.

my @cases = (
    ["udp-size 512\n"],
    ["# a comment\n\n  \t\n\tudp-size\t 4096   # another\n"],
    ["udp-size \"700\" # quoted, too\n"],
    ["udp-size 600\r\nverbose off\r\n"],
    ["udp-size 600"],
    ["threads auto\n"],
    ["user daemon\ngroup daemon\n"],
    ["listen \"::1\@5300\"\n"],
    ["udp-size 511\n",
     ':3: udp-size 511: not a number from 512 to 4096'],
    ["udp-size\n", ':3: a name without a value'],
    ["udp-size # 600\n", ':3: a name without a value'],
    ["udp-size 600 700\n", ':3: more than one value (quote a text that has '
     . 'spaces)'],
    ["udp-size 600#700\n", ':3: udp-size 600#700: not a number from 512'],
    ["udp-size \"600\n", ':3: a quote without its end'],
    ["udp-size \"600\"x\n", ':3: no space behind a quoted text'],
    ["udp-size 6\"00\"\n", ':3: a quote inside of a word'],
    ["udp-size \"6\\00\"\n", ':3: a backslash before neither a quote nor a '
     . 'backslash'],
    ["user \"a\\\"b\\\\c\"\n", '--user a"b\\c: no such user'],
    ["user \"\"\n", ":3: user : not a user's name"],
    ["udp-size 600\0\n", ':3: a control character'],
    ["udp-size 600\x{1b}\n", ':3: a control character'],
    ["\nudp_size 600\n", ':4: udp_size 600: there is no such setting'],
    ["config x\n", ':3: config x: there is no such setting'],
    ["UDP-SIZE 600\n", ':3: UDP-SIZE 600: there is no such setting'],
    ["udp-size 600\nverbose on\nudp-size 600\n",
     ':5: udp-size 600: given twice, first in line 3'],
    ["verbose yes\n", ':3: verbose yes: not on or off'],
    ["listen host.example\n", ':3: listen host.example: not an IPv4 or IPv6'],
    ["listen $listen\n", ":3: listen $listen: given twice"],
    [join('', map { "listen 127.0.0.1\@$_\n" } 1 .. 32),
     ':34: listen 127.0.0.1@32: more than 32 of them'],
    ['x' x 64 . " 1\n", ':3: a word that is too long'],
    ['user ' . 'x' x 5000 . "\n", ':3: a word that is too long'],
    ['user "' . 'x' x 5000 . "\"\n", ':3: a text that is too long'],
    ['user ' . 'x' x 256 . "\n", ": not a user's name"],
    ["user no-such-user\n", '--user no-such-user: no such user'],
    ["group daemon\n", '--group daemon: goes with --user only'],
    ["#" x 66000, ': larger than 64 KiB'],
);

for my $case (@cases) {
    my ($lines, $message) = @$case;
    my $label = $lines =~ s/([^ -~])/sprintf('\\x%02x', ord($1))/gre;

    $label = substr($label, 0, 60);
    check($label, "$good$lines", $message);
}

# Every mistake of a file is told at once.

my ($status, $said) = check('several', "bogus 1\nthreads 0\nudp-size 1\n",
                            ':2: threads 0:');
like($said, qr/:1: bogus 1:/, '... and the one before');
like($said, qr/:3: udp-size 1:/, '... and the one behind');

# And what the good ones name is looked at beside the bad ones.

mkdir("$dir/keys") or die("keys: $!");
write_file('keys/Kbad.private', "no key\n");
write_file('secrets', '5' x 32 . "\n" . 'x' x 32 . "\n# three\n4321\n");
chmod(0600, "$dir/secrets") or die("secrets: $!");

($status, $said) = check('all at once', <<"END", ':1: threads 0:');
threads 0
keys $dir/keys
cookie-secrets $dir/secrets
store $dir/secrets
user no-such-user
group no-such-group
listen-proxy 127.0.0.1\@5300
bogus 1
END

my @all = (
    '--listen is missing',
    '--listen-proxy 127.0.0.1@5300: --proxy-from is missing',
    "$dir/conf:2: --keys $dir/keys: ",
    'Kbad',
    "$dir/conf:3: cookie-secrets $dir/secrets:2: not 32 hexadecimal digits",
    "$dir/conf:3: cookie-secrets $dir/secrets:4: not 32 hexadecimal digits",
    "$dir/conf:4: --store $dir/secrets: Not a directory",
    "$dir/conf:5: --user no-such-user: no such user",
    "$dir/conf:6: --group no-such-group: no such group",
    ':8: bogus 1: there is no such setting',
);

is(join("\n", grep { $said !~ /\Q$_\E/ } @all), '', '... and each is told');
is(() = $said =~ /^dnsd: /mg, 10, '... once');
unlike($said, qr/no mistakes/, '... and not that there is none');

# What was said wrongly is not missing.

($status, $said) = check('wrong, not missing', "listen x\nuser \"\"\n"
    . 'store ' . 'x' x 4096 . "\ngroup daemon\nlisten-proxy 127.0.0.1\n"
    . "proxy-from x\n", ':1: listen x:');
is(() = $said =~ /^dnsd: /mg, 4, '... is told once');

($status, $said) = $d->run('--config', "$dir/none", '--check',
    '--cookie-secrets', "$dir/secrets");
is(() = $said =~ /missing/g, 0, 'what a file may say that was not read');
like($said, qr/^dnsd: cookie-secrets \S+:2: not 32/m,
     '... and what the command line names is looked at');

check('nothing', '', '--store is missing');
check('no address', "store /x\n", '--listen is missing');
check('an interface that is not there',
      "store /tmp\nlisten $listen\nxdp none0\n", '--xdp none0: No such device');
check('a store that is a file', "store $dir/conf\nlisten $listen\n",
      "--store $dir/conf: Not a directory");
($status, $said) = check('a store that is not there yet',
                         "store $dir/none\nlisten $listen\n");
like($said, qr{warning: --store \Q$dir\E/none: No such file}, '... is told');

# What we give as an example, and what we say of all settings.

(my $example, $said) = $d->run('--config',
    "$FindBin::Bin/../docs/examples/dnsd.conf", '--check', '--store',
    $d->{store});
is($example, 0, 'the example is good') or diag($said);

my (undef, $help) = $d->run('--help');
my $manual = do {
    open(my $file, '<', "$FindBin::Bin/../docs/dnsd.8") or die("dnsd.8: $!");
    local $/;
    <$file>;
};
my @names = $help =~ /^  --([a-z-]+)/mg;

cmp_ok(scalar(@names), '>', 10, 'settings in the help');
is(join(' ', grep { $manual !~ /^\.It Fl -\Q$_\E(?: |$)/m } @names), '',
   'the manual has each');
is((grep { length($_) > 80 } split(/\n/, $help)), 0, 'in 80 columns');

# The file itself.

for my $case (["$dir/none.conf", 'No such file'],
              [$dir, 'not a regular file'],
              ['/dev/null', 'not a regular file']) {
    ($status, $said) = $d->run('--config', $case->[0], '--check');
    is($status, 1, "--config $case->[0]");
    like($said, qr/\Q$case->[0]\E: $case->[1]/, '... says why');
}

# Options around it.

for my $case ([['--config'], '--config: its value is missing'],
              [['--check=on'], '--check: takes no value'],
              [['--stor', '/x'], '--stor: unrecognized option'],
              [['--verbose=maybe'], '--verbose maybe: not on or off'],
              [['-v'], '"-v" is not an option']) {
    ($status, $said) = $d->run(@{ $case->[0] });
    is($status, 1, "@{ $case->[0] }");
    like($said, qr/\Q$case->[1]\E/, '... says why');
}

# The command line wins; its list replaces the file's.

write_config("store /nowhere\nlisten 192.0.2.1\@5300\nudp-size 512\n"
             . "listen 192.0.2.2\@5300\nverbose on\n");
$d->start('--config', "$dir/conf", '--udp-size=1400', '--verbose=off');
is($d->query('dev1.devices.example', 'A', edns => 4096)->edns->size, 1400,
   'an option wins over the file');
unlike($d->log(), qr/listening on 192/, 'a list replaces the file\'s');
is($d->stop(), 0, 'stopped');

# And the file alone is enough.

write_config("$good\nudp-size 700\n");
my $before = length($d->log());
$d->spawn('--config', "$dir/conf");
ok($d->wait_log(qr/(?s).{$before}.*listening on/), 'listens');
is($d->query('dev1.devices.example', 'A', edns => 4096)->edns->size, 700,
   'from the file alone');
is($d->stop(), 0, 'stopped');
unlike($d->log(), qr/Sanitizer|runtime error/, 'no sanitizer\'s report');

done_testing();


sub write_config { return write_file('conf', @_) }


sub write_file
{
    my ($name, $text) = @_;

    open(my $file, '>', "$dir/$name") or die("$name: $!");
    print $file $text;
    close($file) or die("$name: $!");
}


# Without a message there is to be no mistake.

sub check
{
    my ($label, $text, $message) = @_;

    write_config($text);
    my ($status, $said) = $d->run('--config', "$dir/conf", '--check');

    is($status, defined($message) ? 1 : 0, "--check: $label");
    like($said, defined($message) ? qr/\Q$message\E/ : qr/no mistakes found/,
         '... and what it says');

    return ($status, $said);
}

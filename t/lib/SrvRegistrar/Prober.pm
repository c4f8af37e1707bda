package SrvRegistrar::Prober;

# Somebody who resolves: a process that asks dnsd again and again, and counts
# each question that got no answer, or a wrong one.
#
#   my $prober = SrvRegistrar::Prober->start($t);
#   ...
#   is_deeply($prober->stop(), [], 'dnsd answered all the time');

use strict;
use warnings;

use Carp qw(croak);
use POSIX ();
use Time::HiRes qw(sleep time);

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

use constant PAUSE   => 0.01;            # s between two questions
use constant TIMEOUT => SrvRegistrar::ASAN ? 10 : 5;


# Asks for the name's A records, www of the zone by default; the answer must
# be authoritative, NOERROR and not empty.

sub start
{
    my ($class, $bench, $name) = @_;

    $name //= "www.$bench->{zone}";

    my $self = bless { log => $bench->path('prober'), owner => $$ }, $class;
    my $bytes = $bench->{dnsd}->packet($name, 'A')->data();

    open(my $log, '>', $self->{log}) or croak("prober: $!");
    defined($self->{pid} = fork()) or croak("fork: $!");

    if ($self->{pid} == 0) {
        probe($bench->{dnsd}, $bytes, $log);
        POSIX::_exit(0);
    }

    wait_until(sub { -s $self->{log} }) or croak('the prober hangs');

    return $self;
}


sub probe
{
    my ($dnsd, $bytes, $log) = @_;

    my $parent = getppid();
    my $stop = 0;
    my $asked = 0;

    local $SIG{TERM} = sub { $stop = 1 };

    while (!$stop && getppid() == $parent) {
        my $begin = time();
        my $reply = $dnsd->ask($bytes, TIMEOUT);

        # The signal ends a wait, too.
        last if $stop;

        syswrite($log, sprintf("%.3f s: %s\n", time() - $begin,
            defined($reply) ? unpack('H24', $reply) : 'no answer'))
            if !defined($reply) || !right($reply);
        syswrite($log, "asked\n") if $asked++ % 100 == 0;
        sleep(PAUSE);
    }
}


sub right
{
    my ($reply) = @_;

    my ($flags, $answers) = unpack('x2 n x2 n', $reply);

    return ($flags & 0x840f) == 0x8400 && $answers > 0;
}


# Ends it; the failures.

sub stop
{
    my ($self) = @_;

    kill('TERM', $self->{pid});
    waitpid($self->{pid}, 0);

    open(my $log, '<', $self->{log}) or croak("prober: $!");

    return [grep { $_ ne "asked\n" } <$log>];
}


sub DESTROY
{
    my ($self) = @_;

    kill('KILL', $self->{pid}) if $self->{owner} == $$;
}


1;
